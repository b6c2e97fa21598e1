//! The sections of a component: counted before any of them is validated.

use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, Encoding, Instance, Payload,
};

use super::counts::{Counts, Finding, at_most};
use super::modules::{Module, Shape};
use super::price::Price;
use super::{types, unreadable};

/// What a component holds.
pub struct Tally {
    /// How much of everything.
    pub counts: Counts,
    /// What it costs to compile.
    pub price: Price,
    /// The names of what it imports.
    pub imports: Vec<String>,
    /// The modules and components that are open, the outermost first.
    open: Vec<Option<Module>>,
    /// What the outermost component's modules take, by their index.
    modules: Vec<Shape>,
}

impl Tally {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Self {
            counts: Counts::new(),
            price: Price::default(),
            imports: Vec::new(),
            open: Vec::new(),
            modules: Vec::new(),
        }
    }

    /// Counts a section of a component of these bytes.
    pub fn take(&mut self, bytes: &[u8], payload: &Payload<'_>) -> Result<(), Finding> {
        match payload {
            Payload::Version { encoding, .. } => return self.begin(*encoding),
            Payload::End(_) => return self.end(),
            _ => {}
        }
        match self.open.last_mut() {
            Some(Some(module)) => module.take(&mut self.counts, &mut self.price, payload),
            _ => self.take_component(bytes, payload),
        }
    }

    fn begin(&mut self, encoding: Encoding) -> Result<(), Finding> {
        match encoding {
            Encoding::Module => {
                self.counts.modules.add(1u64)?;
                self.open.push(Some(Module::default()));
            }
            Encoding::Component => {
                self.counts.components.add(1u64)?;
                self.open.push(None);
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Finding> {
        if let Some(Some(module)) = self.open.pop() {
            let shape = module.end(&mut self.price)?;
            if self.open.len() == 1 {
                self.modules.push(shape);
            }
        }
        Ok(())
    }

    fn take_component(&mut self, bytes: &[u8], payload: &Payload<'_>) -> Result<(), Finding> {
        let items = &mut self.counts.items;
        match payload {
            Payload::ComponentTypeSection(section) => {
                types::check_nesting(&bytes[section.range()])?;
                for ty in section.clone() {
                    types::count(&mut self.counts, &ty.map_err(unreadable)?)?;
                }
            }
            Payload::CoreTypeSection(section) => {
                for ty in section.clone() {
                    types::count_core(&mut self.counts, &ty.map_err(unreadable)?)?;
                }
            }
            Payload::ComponentImportSection(imports) => {
                items.add(imports.count())?;
                let outermost = self.open.len() == 1;
                for import in imports.clone().into_iter().filter(|_| outermost) {
                    let import = import.map_err(unreadable)?;
                    self.imports.push(format!("`{}`", import.name.name));
                }
            }
            Payload::ComponentExportSection(exports) => items.add(exports.count())?,
            Payload::ComponentAliasSection(aliases) => {
                items.add(aliases.count())?;
                for alias in aliases.clone() {
                    self.take_alias(&alias.map_err(unreadable)?);
                }
            }
            Payload::InstanceSection(instances) => {
                for instance in instances.clone() {
                    self.instantiate(&instance.map_err(unreadable)?)?;
                }
            }
            Payload::ComponentInstanceSection(instances) => {
                self.counts.instances.add(instances.count())?;
                for instance in instances.clone() {
                    let arguments = match instance.map_err(unreadable)? {
                        ComponentInstance::Instantiate { args, .. } => args.len(),
                        ComponentInstance::FromExports(exports) => exports.len(),
                    };
                    items.add(arguments as u64)?;
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                self.counts.lifted.add(functions.count())?;
                for function in functions.clone() {
                    let function = function.map_err(unreadable)?;
                    let lifted = matches!(function, CanonicalFunction::Lift { .. });
                    at_most("calls between components", u64::from(!lifted), 0)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A module may come from elsewhere; what it takes is then for the engine to
    /// find out.
    fn take_alias(&mut self, alias: &ComponentAlias<'_>) {
        let is_module = match alias {
            ComponentAlias::InstanceExport { kind, .. } => *kind == ComponentExternalKind::Module,
            ComponentAlias::Outer { kind, .. } => *kind == ComponentOuterAliasKind::CoreModule,
            ComponentAlias::CoreInstanceExport { .. } => false,
        };
        if is_module && self.open.len() == 1 {
            self.modules.push(Shape::default());
        }
    }

    fn instantiate(&mut self, instance: &Instance<'_>) -> Result<(), Finding> {
        let counts = &mut self.counts;
        match instance {
            Instance::FromExports(exports) => counts.items.add(exports.len() as u64),
            Instance::Instantiate { module_index, args } => {
                // An inner component may be instantiated several times.
                let inner = u64::from(self.open.len() > 1);
                at_most("core instances of inner components", inner, 0)?;
                counts.core_instances.add(1u64)?;
                let shape = self.modules.get(*module_index as usize);
                let shape = shape.copied().unwrap_or_default();
                counts.memories.add(shape.memories)?;
                counts.tables.add(shape.tables)?;
                counts.items.add(args.len() as u64)
            }
        }
    }
}
