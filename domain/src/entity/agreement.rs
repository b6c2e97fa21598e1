//! Acceptances of terms.

use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{AgreementId, PartnerId, TenantId, TermsId};

/// By what means a partner signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "snake_case"
)]
pub enum Method {
    /// A key of the partner sent the acceptance.
    Api,
}

/// Where an agreement stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "snake_case"
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It holds.
    Accepted,
}

/// An agreement: who accepted which text, how and when.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AgreementId,
    /// The partner.
    pub partner_id: PartnerId,
    /// The terms it accepted.
    pub terms_id: TermsId,
    /// SHA-256 of the text it saw, in hexadecimal.
    pub document_digest: String,
    /// The text itself.
    #[sea_orm(column_type = "Text")]
    pub rendered_text: String,
    /// Who accepted.
    pub signer_name: String,
    /// By what authority, as a job title.
    pub signer_authority: String,
    /// By what means.
    pub method: Method,
    /// The affirmative act, in words.
    pub act: String,
    /// From which address.
    pub ip: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
    /// The person or system that sent it.
    pub recorded_by: Actor,
    /// Where it stands.
    pub state: State,
    /// When.
    pub accepted_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(AgreementId, Agreement);
