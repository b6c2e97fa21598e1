//! Which failures are data that a person can act on, and which are errors.
//!
//! What is wrong with a command or the state it met comes back in the payload's
//! `userErrors`. What the caller may not do, and what failed on our side, is a
//! top-level error with a code. One match decides.

use std::sync::Arc;

use async_graphql::{Enum, ErrorExtensions, ID, SimpleObject};
use tributary_domain::error::{Conflict, Error, Field, Result};
use tributary_transport::document::directives::list_size;

/// A resolver's result.
pub type ApiResult<T> = std::result::Result<T, ApiError>;

/// Lets a nullable field fail alone. As `Result<Option<_>>` it would take its
/// parent with it.
pub fn nullable<T>(result: ApiResult<T>) -> Option<ApiResult<T>> {
    Some(result)
}

/// A failure on its way out. Has no `Display`, so that no other error's text
/// can reach a caller through `?`. Clones share it: loaders hand one failure
/// to all who waited for it.
#[derive(Clone)]
pub struct ApiError(Arc<Error>);

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

impl From<ApiError> for async_graphql::Error {
    fn from(ApiError(error): ApiError) -> Self {
        error.log();
        let code = error.code();
        Self::new(error.to_string()).extend_with(|_, extensions| {
            extensions.set("code", code);
            if let Error::Forbidden(permission) = &*error {
                extensions.set("permission", permission.to_string());
            }
        })
    }
}

macro_rules! error_codes {
    ($($(#[$about:meta])* $name:ident $code:literal;)*) => {
        /// What a caller did wrong, or what stood in the way: one list for the whole
        /// schema.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
        pub enum ErrorCode {
            /// There is no such thing in this tenant, or none that this key may see.
            NotFound,
            /// A value that would never be accepted; `field` says which.
            InvalidInput,
            /// The idempotency key was used with other arguments.
            IdempotencyMismatch,
            /// The uploaded code was not admitted; the message says why.
            PluginRefused,
            $($(#[$about])* #[graphql(name = $code)] $name,)*
        }

        impl From<Conflict> for ErrorCode {
            fn from(conflict: Conflict) -> Self {
                match conflict {
                    $(Conflict::$name => Self::$name,)*
                }
            }
        }
    };
}

tributary_domain::conflicts!(error_codes);

/// How many ids an error usually names, for its price.
const USUAL_IDS: i32 = 20;

/// Why a command did nothing.
#[derive(SimpleObject)]
pub struct UserError {
    /// What kind of mistake or obstacle it is.
    code: ErrorCode,
    /// Where in the arguments, as `["input", "amount"]`; null where no single argument
    /// is wrong.
    field: Option<Vec<String>>,
    /// What is wrong and what to do, for a person.
    message: String,
    /// Ids of the objects that prevent it; empty for most codes.
    #[graphql(directive = list_size::apply(Some(USUAL_IDS), None, None))]
    ids: Vec<ID>,
}

/// Splits a verb's result: what it did, all that the caller can act on, or an error.
pub fn into_user_errors<T>(result: Result<T>) -> ApiResult<std::result::Result<T, Vec<UserError>>> {
    match result {
        Ok(done) => Ok(Ok(done)),
        Err(Error::Several(errors)) => {
            let told = errors.into_iter().map(user_error);
            Ok(Err(told.collect::<ApiResult<_>>()?))
        }
        Err(error) => Ok(Err(vec![user_error(error)?])),
    }
}

fn user_error(error: Error) -> ApiResult<UserError> {
    let message = error.to_string();
    let (code, field, ids) = match error {
        Error::NotFound(_) => (ErrorCode::NotFound, None, Vec::new()),
        Error::Unknown { field, .. } => (ErrorCode::NotFound, Some(field), Vec::new()),
        Error::Invalid { field, .. } => (ErrorCode::InvalidInput, Some(field), Vec::new()),
        Error::Conflict { code, ids, .. } => (code.into(), None, ids),
        Error::IdempotencyMismatch => {
            let field = Some("idempotencyKey".into());
            (ErrorCode::IdempotencyMismatch, field, Vec::new())
        }
        Error::Refused(_) => (ErrorCode::PluginRefused, None, Vec::new()),
        Error::Several(_)
        | Error::PositionUnknown
        | Error::Forbidden(_)
        | Error::Unavailable(_)
        | Error::OutcomeUnknown(_)
        | Error::Storage(_)
        | Error::Broken(_) => return Err(error.into()),
    };
    let path = |field: Field| {
        let steps = field.split('.').map(str::to_owned);
        std::iter::once("input".to_owned()).chain(steps).collect()
    };
    Ok(UserError {
        code,
        field: field.map(path),
        message,
        ids: ids.into_iter().map(ID::from).collect(),
    })
}

/// Declares mutations: each with its input, what the input is, and its payload, the
/// changed object or why nothing was changed. An input has `run`, which calls one verb.
macro_rules! commands {
    ($(#[$type_doc:meta])* $mutations:ident { $(
        $(#[$doc:meta])* $command:ident($input:ident, $desc:literal)
            needs $permission:ident $(or $other:ident)? ->
        $(#[$payload_doc:meta])* $payload:ident { $(#[$field_doc:meta])* $field:ident: $type:ty }
    )+ }) => {
        $(#[$type_doc])*
        #[derive(Default)]
        pub struct $mutations;

        #[async_graphql::Object]
        impl $mutations {$(
            $(#[$doc])*
            #[doc = ""]
            #[doc = $crate::tenant::viewer::needs!($permission $(or $other)?)]
            async fn $command(
                &self,
                ctx: &async_graphql::Context<'_>,
                #[graphql(desc = $desc)] input: $input,
            ) -> Option<$crate::error::ApiResult<$payload>> {
                let scope = $crate::context::RequestExt::scope(ctx);
                $payload::answer(input.run(scope).await)
            }
        )+}

        $($crate::error::payload! {
            $(#[$payload_doc])* $payload, $(#[$field_doc])* $field: $type
        })+
    };
}
pub(crate) use commands;

/// A mutation's payload: the changed object, or why nothing was changed.
macro_rules! payload {
    ($(#[$doc:meta])* $name:ident, $(#[$field_doc:meta])* $field:ident: $type:ty) => {
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        pub struct $name {
            $(#[$field_doc])*
            $field: Option<$type>,
            /// Why nothing was changed; empty where it was.
            user_errors: Vec<$crate::error::UserError>,
        }

        impl $name {
            /// Fails alone: what other fields of the mutation did is told all the same.
            fn answer<M>(
                result: tributary_domain::error::Result<M>,
            ) -> Option<$crate::error::ApiResult<Self>>
            where
                $type: From<M>,
            {
                let split = $crate::error::into_user_errors(result);
                $crate::error::nullable(split.map(|split| match split {
                    Ok(done) => Self { $field: Some(done.into()), user_errors: Vec::new() },
                    Err(user_errors) => Self { $field: None, user_errors },
                }))
            }
        }
    };
}
pub(crate) use payload;
