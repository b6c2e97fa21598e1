//! What is counted in a component, and how much of it there may be.
//!
//! All limits stand in one table, far below the parser's own. None of them is
//! near what compilers make of rules; each keeps something from growing faster
//! than the bytes that ask for it.

use std::fmt;

use crate::limits;

/// What the walk over a component found wrong, as a check's code and its words.
#[derive(Debug)]
pub struct Finding {
    /// The check.
    pub code: &'static str,
    /// What it found.
    pub message: String,
}

impl Finding {
    /// A finding of one check.
    pub fn new(code: &'static str, message: impl fmt::Display) -> Self {
        let message = message.to_string();
        Self { code, message }
    }

    /// Too much of something.
    pub fn too_much(what: &str, found: u64, most: u64) -> Self {
        Self::new(
            "COMPILE_LIMIT",
            format!("{what}: {found} of at most {most}"),
        )
    }
}

/// Refuses more than there may be.
pub fn at_most(what: &str, found: impl Into<u64>, most: u64) -> Result<(), Finding> {
    let found = found.into();
    if found > most {
        return Err(Finding::too_much(what, found, most));
    }
    Ok(())
}

/// Things that are counted over the whole component.
pub struct Count {
    what: &'static str,
    most: u64,
    found: u64,
}

impl Count {
    const fn new(what: &'static str, most: u64) -> Self {
        Self {
            what,
            most,
            found: 0,
        }
    }

    /// Counts so many more.
    pub fn add(&mut self, more: impl Into<u64>) -> Result<(), Finding> {
        self.found = self.found.saturating_add(more.into());
        at_most(self.what, self.found, self.most)
    }
}

/// Declares the counts over the whole component, with their limits.
macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident: $what:literal <= $most:expr;)*) => {
        /// The counts over the whole component.
        pub struct Counts {
            $($(#[$doc])* pub $name: Count,)*
        }

        impl Counts {
            /// Nothing counted yet.
            pub const fn new() -> Self {
                Self { $($name: Count::new($what, $most),)* }
            }
        }
    };
}

counts! {
    /// Core modules. Each is compiled on its own.
    modules: "core modules" <= limits::CORE_INSTANCES as u64;
    /// Instances of core modules.
    core_instances: "core instances" <= limits::CORE_INSTANCES as u64;
    /// Components, the outermost among them. The compiler writes each
    /// instantiation out, also those that it meets while it writes one out.
    components: "components" <= 4;
    /// Instances of components, or of exports.
    instances: "instances of components" <= 4;
    /// Core functions that are made functions of a component.
    lifted: "functions of components" <= 16;
    /// Types of instances and of components. Each may hold all earlier ones.
    scopes: "types of instances and components" <= 64;
    /// What is declared of a component: types and their parts, aliases, exports,
    /// arguments.
    items: "declarations of components" <= 10_000;
    /// Types of core functions.
    types: "types of core functions" <= 4_000;
    /// Functions with a body.
    functions: "core functions" <= 5_000;
    /// Bytes of all bodies; the worked example has 89,000.
    code: "bytes of code" <= 512 << 10;
    /// Memories that modules define; one that several instances share is one.
    memories: "memories" <= 1;
    /// Tables that modules define.
    tables: "tables" <= limits::TABLES as u64;
    /// Global variables.
    globals: "global variables" <= 1_000;
    /// What modules import of each other.
    imports: "imports of core modules" <= 1_000;
    /// What modules export.
    exports: "exports of core modules" <= 10_000;
    /// Segments of tables.
    element_segments: "element segments" <= 1_000;
    /// What segments put into tables.
    elements: "elements in element segments" <= 20_000;
    /// Segments of memories.
    data_segments: "data segments" <= 10_000;
}

/// Limits within one function or module.
pub mod most {
    use crate::limits;

    /// Parameters and results of one core function.
    pub const SIGNATURE: u64 = 50;
    /// Bytes of one body.
    pub const BODY_BYTES: u64 = 64 << 10;
    /// Local variables of one function, its parameters among them.
    pub const LOCALS: u64 = 1_000;
    /// Loops within loops, which take time by the square of their depth.
    pub const LOOP_DEPTH: u64 = 32;
    /// Blocks within blocks; a compiler makes one for each arm of a large `match`.
    pub const BLOCK_DEPTH: u64 = 1_000;
    /// Values that may wait on the stack of one function.
    pub const STACK_HEIGHT: u64 = 1_000;
    /// Pages of memory to start with.
    pub const PAGES: u64 = limits::MEMORY_BYTES as u64 >> 16;
    /// Elements of a table to start with.
    pub const TABLE_ELEMENTS: u64 = limits::TABLE_ELEMENTS as u64;
}
