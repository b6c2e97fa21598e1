//! A year of a partner program, played through the server's public interface.
//!
//! Whoever runs the server makes a tenant and each person's first key. All else
//! is done as by a client like any other: it speaks GraphQL over HTTP, follows a deal over
//! a socket, and uploads a rule. What came of it is read back through queries
//! and compared with what the story says must come of it.

mod deals;
pub mod follow;
mod opening;
pub mod outcome;
mod payouts;
pub mod print;
mod story;

use tributary_domain::access::Role;
use tributary_domain::clock::Moment;
use tributary_domain::ids::{PartnerId, TenantId};
use tributary_domain::scope::Engine;
use tributary_domain::tenant::keys::{self, NewKey};

use tributary_client::{Client, Result};

pub use outcome::Outcome;
pub use print::Teller;

/// The company that the story is about.
pub const TENANT: &str = "Acme Cloud";
/// The deal that most of it is about.
pub const DEAL: &str = "Globex";
/// Who holds its first key.
pub const OWNER: &str = "Ada";
/// Where the test clock stands when the story begins: 2026-01-05T09:00Z.
pub const BEGIN: Moment = Moment(1_767_603_600_000);
/// Where the story leaves the test clock once every figure is right:
/// 2027-01-10T18:00Z. A tenant whose clock has come so far has its story.
pub const END: Moment = Moment(1_799_604_000_000);

/// Queries to go on with: who may ask, what it is about, and the document.
pub const EXAMPLES: [(&str, &str, &str); 2] = [
    (
        "Ada",
        "who gets what of each deal, and why",
        "{ deals { nodes { name state amount { amount }
    credit { shares { role reason partner { name } } }
    commissions { nodes { partner { name } explanation
      total { amount } earned { amount } paid { amount } } } } } }",
    ),
    (
        "Nora",
        "what Northwind sees of it",
        "{ viewer { partner { name readiness { ready missing } } }
  registrations { nodes { submittedName state protectedUntil } }
  earnings { nodes { amount { amount } state payableAt deal { name } } } }",
    ),
];

/// Whoever runs the server: gives people their first keys.
pub struct Operator {
    engine: Engine,
    tenant: TenantId,
}

impl Operator {
    /// The operator of the server, for one tenant.
    pub fn new(engine: &Engine, tenant: TenantId) -> Self {
        let engine = engine.clone();
        Self { engine, tenant }
    }

    /// A key for a person, as `tributary key create` makes it.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub async fn key(
        &self,
        person: &str,
        role: Role,
        partner: Option<PartnerId>,
    ) -> Result<NewKey> {
        Ok(keys::create_for(&self.engine, self.tenant, person, role, partner).await?)
    }
}

/// A key to go on with.
pub struct Key {
    /// Who holds it, and what they are.
    pub holder: String,
    /// What they send.
    pub token: String,
}

/// A finished story.
pub struct Told {
    /// What came of it.
    pub outcome: Outcome,
    /// Who can look at it.
    pub keys: Vec<Key>,
}

/// Plays the story in a sandbox tenant whose clock stands at [`BEGIN`] and in
/// which nothing has happened. `rule` is the component of the example rule
/// `tiered-accelerator`.
///
/// # Errors
///
/// When a step fails, or when a figure is not what the story says.
pub async fn play(
    owner: &Client,
    operator: &Operator,
    rule: Vec<u8>,
    teller: &mut Teller,
) -> Result<Told> {
    let mut story = opening::open(owner, operator, rule, teller).await?;
    deals::small_deal(&mut story).await?;
    deals::two_registrations(&mut story).await?;
    deals::conversion(&mut story).await?;
    deals::influence(&mut story).await?;
    deals::win(&mut story).await?;
    payouts::instalments(&mut story).await?;
    payouts::first_run(&mut story).await?;
    payouts::refund(&mut story).await?;
    payouts::second_run(&mut story).await?;
    let keys = story.keys();
    let followed = story.followed().await?;
    let outcome = Outcome::read(owner, Some(followed)).await?;
    let differences = outcome.differences()?;
    if !differences.is_empty() {
        let lines = differences.join("\n  ");
        return Err(format!("the story came out otherwise:\n  {lines}").into());
    }
    story::set_clock(owner, &END.to_string()).await?;
    Ok(Told { outcome, keys })
}

/// Reads what came of a story that was played before.
///
/// # Errors
///
/// When it cannot be read.
pub async fn look_back(owner: &Client) -> Result<Told> {
    let outcome = Outcome::read(owner, None).await?;
    Ok(Told {
        outcome,
        keys: Vec::new(),
    })
}

/// The same, with new keys to go on with in place of the earlier ones.
/// What was done in its tenant since is no failure: the outcome is as it is now.
///
/// # Errors
///
/// When it cannot be read.
pub async fn revisit(owner: &Client, operator: &Operator) -> Result<Told> {
    let told = look_back(owner).await?;
    opening::revoke_keys(owner).await?;
    let keys = opening::fresh_keys(owner, operator).await?;
    Ok(Told { keys, ..told })
}
