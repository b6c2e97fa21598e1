//! What each instruction costs, in units of fuel.
//!
//! The engine's own prices change from one release to the next. These are ours:
//! every operator is priced here, a test holds the digest of the whole list,
//! and that digest is part of the policy that each receipt names.

use wasmtime::{OperatorCost, VariableOperatorCost};

/// The price of one operator by its name in the parser.
fn price(operator: &str) -> u8 {
    match operator {
        // Structure: generates no code of its own.
        "Nop" | "Drop" | "Block" | "Loop" | "Else" | "End" | "Return" | "Unreachable" => 0,
        // Tens of machine cycles each.
        "I32DivS" | "I32DivU" | "I32RemS" | "I32RemU" | "I64DivS" | "I64DivU" | "I64RemS"
        | "I64RemU" | "F32Div" | "F64Div" | "F32Sqrt" | "F64Sqrt" => 4,
        "Call" | "CallIndirect" => 4,
        // Leave the compiled code for the host.
        "MemoryGrow" | "MemoryCopy" | "MemoryFill" | "MemoryInit" | "DataDrop" | "TableGrow"
        | "TableCopy" | "TableFill" | "TableInit" | "TableGet" | "TableSet" | "ElemDrop"
        | "RefFunc" => 16,
        _ => 1,
    }
}

macro_rules! every_operator {
    ($(@$proposal:ident $operator:ident $({ $($field:ident: $kind:ty),* })? => $visit:ident ($($note:tt)*))*) => {
        /// The price list. Operators of proposals that are switched off are
        /// priced too, and cannot occur.
        pub fn prices() -> OperatorCost {
            OperatorCost {
                $($operator: price(stringify!($operator)),)*
                variable: by_size(),
            }
        }
    };
}

wasmparser::for_each_operator!(every_operator);

/// Prices by the byte, element or page; a page is 64 KiB to be zeroed.
fn by_size() -> VariableOperatorCost {
    VariableOperatorCost {
        memory_copy_per_byte: 1,
        memory_fill_per_byte: 1,
        memory_init_per_byte: 1,
        memory_grow_per_page: u8::MAX,
        table_copy_per_element: 1,
        table_fill_per_element: 1,
        table_init_per_element: 1,
        table_grow_per_element: 1,
        array_copy_per_element: 1,
        array_fill_per_element: 1,
        array_new_data_per_element: 1,
        array_init_data_per_element: 1,
        array_new_elem_per_element: 1,
        array_init_elem_per_element: 1,
        array_new_default_per_element: 1,
        array_new_per_element: 1,
    }
}
