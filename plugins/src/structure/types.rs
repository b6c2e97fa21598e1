//! The types of components, which may hold one another to any depth.

use wasmparser::{
    ComponentDefinedType, ComponentType, ComponentTypeDeclaration, CoreType,
    InstanceTypeDeclaration,
};

use super::counts::{Counts, Finding, at_most};

/// Types of instances and components inside one another, as their bytes have it.
const NESTED: u64 = 32;

/// Refuses a section of types that are nested too deeply to be read, since they
/// are read by recursion. Each level begins with the same two bytes, which are
/// rare otherwise: the count is of all of them.
pub fn check_nesting(section: &[u8]) -> Result<(), Finding> {
    let begins = |pair: &&[u8]| matches!(pair, [0x01, 0x41 | 0x42]);
    let nested = section.windows(2).filter(begins).count();
    at_most(
        "types of instances and components within one another",
        nested as u64,
        NESTED,
    )
}

/// Counts a type of a component with all that it holds.
pub fn count(counts: &mut Counts, ty: &ComponentType<'_>) -> Result<(), Finding> {
    counts.items.add(1u64)?;
    match ty {
        ComponentType::Defined(ty) => counts.items.add(parts(ty)),
        ComponentType::Func(ty) => counts.items.add(ty.params.len() as u64),
        ComponentType::Resource { .. } => Ok(()),
        ComponentType::Component(declarations) => {
            counts.scopes.add(1u64)?;
            for declaration in declarations {
                match declaration {
                    ComponentTypeDeclaration::CoreType(ty) => count_core(counts, ty)?,
                    ComponentTypeDeclaration::Type(ty) => count(counts, ty)?,
                    _ => counts.items.add(1u64)?,
                }
            }
            Ok(())
        }
        ComponentType::Instance(declarations) => {
            counts.scopes.add(1u64)?;
            for declaration in declarations {
                match declaration {
                    InstanceTypeDeclaration::CoreType(ty) => count_core(counts, ty)?,
                    InstanceTypeDeclaration::Type(ty) => count(counts, ty)?,
                    _ => counts.items.add(1u64)?,
                }
            }
            Ok(())
        }
    }
}

/// Counts a type of core WebAssembly that a component declares.
pub fn count_core(counts: &mut Counts, ty: &CoreType<'_>) -> Result<(), Finding> {
    match ty {
        CoreType::Rec(group) => counts.types.add(group.types().len() as u64),
        CoreType::Module(declarations) => {
            counts.scopes.add(1u64)?;
            counts.items.add(declarations.len() as u64)
        }
    }
}

/// The fields, cases or names that a type is made of.
fn parts(ty: &ComponentDefinedType<'_>) -> u64 {
    let parts = match ty {
        ComponentDefinedType::Record(fields) => fields.len(),
        ComponentDefinedType::Variant(cases) => cases.len(),
        ComponentDefinedType::Tuple(types) => types.len(),
        ComponentDefinedType::Flags(names) | ComponentDefinedType::Enum(names) => names.len(),
        _ => 0,
    };
    parts as u64
}
