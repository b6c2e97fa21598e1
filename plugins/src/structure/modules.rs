//! The sections of a core module: counted and priced before any of them is
//! validated.

use wasmparser::{
    CompositeInnerType, ConstExpr, DataKind, ElementItems, ElementKind, Payload, RecGroup,
    TableInit,
};

use super::counts::{Counts, Finding, at_most, most};
use super::price::{self, Price, Work};
use super::unreadable;

/// What a module takes when it is instantiated.
#[derive(Clone, Copy, Default)]
pub struct Shape {
    pub memories: u32,
    pub tables: u32,
}

/// A module that has not ended yet.
#[derive(Default)]
pub struct Module {
    shape: Shape,
    /// What the one function costs that starts it: that sets its variables and
    /// fills its tables and memory.
    start: Price,
}

impl Module {
    /// Counts a section.
    pub fn take(
        &mut self,
        counts: &mut Counts,
        price: &mut Price,
        payload: &Payload<'_>,
    ) -> Result<(), Finding> {
        match payload {
            Payload::TypeSection(types) => {
                counts.types.add(types.count())?;
                for group in types.clone() {
                    take_types(price, &group.map_err(unreadable)?)?;
                }
            }
            Payload::ImportSection(imports) => {
                counts.imports.add(imports.count())?;
                price.add(Work::Functions, price::NAME * u64::from(imports.count()));
            }
            Payload::FunctionSection(functions) => counts.functions.add(functions.count())?,
            Payload::ExportSection(exports) => {
                counts.exports.add(exports.count())?;
                price.add(Work::Functions, price::NAME * u64::from(exports.count()));
            }
            Payload::CodeSectionStart { range, .. } => counts.code.add(range.len() as u64)?,
            Payload::MemorySection(memories) => {
                for memory in memories.clone() {
                    let pages = memory.map_err(unreadable)?.initial;
                    at_most("pages of memory to start with", pages, most::PAGES)?;
                }
                // Several in one module are for the validator to refuse.
                self.shape.memories = u32::from(memories.count() > 0);
            }
            Payload::TableSection(tables) => {
                for table in tables.clone() {
                    let table = table.map_err(unreadable)?;
                    let elements = table.ty.initial;
                    at_most("elements of a table", elements, most::TABLE_ELEMENTS)?;
                    if let TableInit::Expr(value) = &table.init {
                        self.take_expression(value);
                    }
                }
                self.shape.tables = tables.count();
            }
            _ => return self.take_start(counts, payload),
        }
        Ok(())
    }

    /// What is done when the module starts.
    fn take_start(&mut self, counts: &mut Counts, payload: &Payload<'_>) -> Result<(), Finding> {
        match payload {
            Payload::GlobalSection(globals) => {
                counts.globals.add(globals.count())?;
                for global in globals.clone() {
                    self.take_expression(&global.map_err(unreadable)?.init_expr);
                }
            }
            Payload::ElementSection(segments) => {
                counts.element_segments.add(segments.count())?;
                for segment in segments.clone() {
                    let segment = segment.map_err(unreadable)?;
                    if let ElementKind::Active { offset_expr, .. } = &segment.kind {
                        self.take_expression(offset_expr);
                    }
                    let (elements, bytes) = match &segment.items {
                        ElementItems::Functions(functions) => (functions.count(), 0),
                        ElementItems::Expressions(_, values) => {
                            (values.count(), values.range().len() as u64)
                        }
                    };
                    counts.elements.add(elements)?;
                    let units =
                        price::ELEMENT * (u64::from(elements) + 1) + price::EXPRESSION_BYTE * bytes;
                    self.start.add(Work::Starting, units);
                }
            }
            Payload::DataSection(segments) => {
                counts.data_segments.add(segments.count())?;
                for segment in segments.clone() {
                    match segment.map_err(unreadable)?.kind {
                        DataKind::Passive => self.start.add(Work::Starting, price::PLACED_SEGMENT),
                        DataKind::Active { offset_expr, .. } => {
                            self.start.add(Work::Starting, price::SEGMENT);
                            self.take_expression(&offset_expr);
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn take_expression(&mut self, value: &ConstExpr<'_>) {
        let bytes = value.get_binary_reader().range().len() as u64;
        self.start
            .add(Work::Starting, price::EXPRESSION_BYTE * bytes);
    }

    /// The module is whole.
    pub fn end(self, price: &mut Price) -> Result<Shape, Finding> {
        self.start
            .at_most("what starts one module", price::FUNCTION)?;
        price.add_all(&self.start);
        Ok(self.shape)
    }
}

fn take_types(price: &mut Price, group: &RecGroup) -> Result<(), Finding> {
    for ty in group.types() {
        if let CompositeInnerType::Func(function) = &ty.composite_type.inner {
            let values = (function.params().len() + function.results().len()) as u64;
            at_most(
                "parameters and results of one function",
                values,
                most::SIGNATURE,
            )?;
            price.add(Work::Functions, price::SIGNATURE + price::VALUE * values);
        }
    }
    Ok(())
}
