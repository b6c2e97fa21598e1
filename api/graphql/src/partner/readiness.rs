//! What stands between partners and being paid.

use async_graphql::{Enum, SimpleObject};
use tributary_domain::partner::readiness::{Obstacle, Papers};
use tributary_transport::document::directives::list_size;

use crate::program::terms::Terms;

/// Something that stands between a partner and being paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Obstacle")]
pub enum PayoutObstacle {
    /// It is suspended.
    Suspended,
    /// It has not accepted the terms in force of one of its programs, or those
    /// of a deal that it is credited in.
    Agreement,
    /// It has no valid, approved tax form.
    TaxForm,
    /// It has no verified payout method.
    PayoutMethod,
}

/// What a partner lacks before it can be paid.
#[derive(SimpleObject)]
pub struct Readiness {
    /// Whether nothing is missing.
    ready: bool,
    /// Whether it has accepted all that it must: see `termsToAccept`.
    agreement_accepted: bool,
    /// The terms that it has to accept: those in force of its programs, and those
    /// of the deals that it is credited in.
    #[graphql(directive = list_size::apply(Some(20), None, None))]
    terms_to_accept: Vec<Terms>,
    /// Whether it has an approved tax form that is still valid.
    tax_form_approved: bool,
    /// Whether it has a verified payout method.
    payout_method_verified: bool,
    /// What is missing; empty where it is ready.
    #[graphql(directive = list_size::apply(Some(10), None, None))]
    missing: Vec<PayoutObstacle>,
}

impl Readiness {
    /// What papers lack.
    pub fn of(papers: &Papers, terms_to_accept: Vec<Terms>) -> Self {
        let missing = papers.obstacles();
        Self {
            ready: missing.is_empty(),
            agreement_accepted: !missing.contains(&Obstacle::Agreement),
            terms_to_accept,
            tax_form_approved: !missing.contains(&Obstacle::TaxForm),
            payout_method_verified: !missing.contains(&Obstacle::PayoutMethod),
            missing: missing.into_iter().map(PayoutObstacle::from).collect(),
        }
    }
}
