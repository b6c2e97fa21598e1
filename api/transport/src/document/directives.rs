//! The directives of a schema that say what its fields cost and how long its
//! lists may be. `@cost` and `@listSize` are those of the cost directives
//! specification; `@maxItems` is ours.

use async_graphql::TypeDirective;

/// What the field costs by itself, where that is not 1.
#[TypeDirective(location = "FieldDefinition")]
pub fn cost(#[graphql(desc = "A whole number.")] weight: String) {}

/// The size of a list that its cost is reckoned by: the largest of the given
/// `slicingArguments`, by its value or its length, or else `assumedSize`. `sizedFields`
/// names the fields below that are the list.
#[TypeDirective(name = "listSize", location = "FieldDefinition")]
pub fn list_size(
    #[graphql(desc = "Items where no argument says how many.")] assumed_size: Option<i32>,
    #[graphql(desc = "The arguments that say how many.")] slicing_arguments: Option<Vec<String>>,
    #[graphql(desc = "The fields below that are the list.")] sized_fields: Option<Vec<String>>,
) {
}

/// The most items of a list in an argument or input field. More are refused.
#[TypeDirective(
    name = "maxItems",
    location = "ArgumentDefinition",
    location = "InputFieldDefinition"
)]
pub fn max_items(#[graphql(desc = "How many.")] count: i32) {}
