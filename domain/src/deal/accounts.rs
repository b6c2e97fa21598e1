//! Customer companies, and how one is recognised under several spellings.

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use crate::entity::account_identifier::{self, Kind};
use crate::entity::{Owned, account};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::kernel::audience;
use crate::kernel::check::Check;
use crate::kernel::facts;
use crate::kernel::search::Audience;
use crate::limits;
use crate::scope::{Fact, Scope, Tx};
use crate::site::{Site, site};

/// What a caller says of a customer.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its name, however spelled.
    pub name: String,
    /// Its domain, or any web address of it.
    pub domain: String,
    /// The id of the company in the tenant's CRM.
    pub crm_id: Option<String>,
}

/// Words that say what a company is in law, or that it is a company at all.
const LEGAL_FORMS: &[&str] = &[
    "ab",
    "ag",
    "aps",
    "as",
    "bv",
    "co",
    "company",
    "corp",
    "corporation",
    "gmbh",
    "inc",
    "incorporated",
    "kg",
    "kk",
    "limited",
    "llc",
    "llp",
    "ltd",
    "lp",
    "nv",
    "oy",
    "oyj",
    "plc",
    "private",
    "pte",
    "pty",
    "pvt",
    "sa",
    "sarl",
    "sas",
    "se",
    "spa",
    "srl",
];

/// A name without case, marks and legal form: `GLOBEX Corporation Ltd.` gives
/// `globex`. A name of nothing but legal forms keeps them, and one of nothing but
/// symbols keeps those: two such names are not the same for having no letters.
pub fn normalized_name(name: &str) -> String {
    let seen = || name.nfkc().filter(|&c| !limits::is_invisible(c));
    let folded: String = seen()
        .filter(|c| !matches!(c, '.' | '\'' | '’'))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect::<String>()
        .to_lowercase();
    let words: Vec<&str> = folded.split_whitespace().collect();
    if words.is_empty() {
        return seen().filter(|c| !c.is_whitespace()).collect();
    }
    let core = words.iter().rposition(|word| !LEGAL_FORMS.contains(word));
    words[..core.map_or(words.len(), |last| last + 1)].join(" ")
}

/// What a caller says of a customer, once it is read.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AccountDraft {
    pub name: String,
    /// The domain or address as it was written.
    pub address: String,
    domain: Option<String>,
    crm_id: Option<String>,
}

impl AccountDraft {
    /// Reads what a caller says.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub(crate) fn read(new: &NewAccount) -> Result<Self> {
        let mut check = Check::default();
        let name = check.take(limits::name("account.name", &new.name))?;
        let address = check.take(limits::name("account.domain", &new.domain))?;
        let site = match &address {
            Some(address) => check.take(site(address))?,
            None => None,
        };
        let crm_id = new.crm_id.as_deref();
        let crm_id = crm_id.map(|text| limits::name("account.crmId", text));
        let crm_id = check.take(crm_id.transpose())?;
        let (Some(name), Some(address), Some(site), Some(crm_id)) = (name, address, site, crm_id)
        else {
            return Err(check.failed());
        };
        Ok(Self {
            name,
            address,
            domain: match site {
                Site::Own(domain) => Some(domain),
                Site::Shared(_) => None,
            },
            // What nobody sees makes no other id.
            crm_id: crm_id
                .map(|id: String| id.chars().filter(|&c| !limits::is_invisible(c)).collect()),
        })
    }

    fn identifiers(&self) -> impl Iterator<Item = (Kind, String)> {
        let domain = self.domain.clone().map(|domain| (Kind::Domain, domain));
        let crm_id = self.crm_id.clone().map(|id| (Kind::CrmId, id));
        domain.into_iter().chain(crm_id)
    }
}

/// The account that these identifiers belong to, made if there is none.
///
/// A domain or CRM id decides; a name alone never joins two accounts, and neither
/// does a host that many companies share. What is newly learned of a known account
/// is kept with it, and identifiers of two different accounts are refused. The answer says
/// whether it is new: then nothing is registered or sold to it yet.
pub(crate) async fn find_or_create(
    tx: &mut Tx,
    new: &AccountDraft,
) -> Result<(account::Model, bool)> {
    let mut known = None;
    let mut unknown = Vec::new();
    for (kind, value) in new.identifiers() {
        let key = (tx.tenant(), kind, value.clone());
        match account_identifier::Entity::find_by_id(key).one(tx).await? {
            None => unknown.push((kind, value)),
            Some(row) if known.is_none_or(|known| known == row.account_id) => {
                known = Some(row.account_id);
            }
            Some(_) => {
                let message = "this id and this domain belong to two different accounts";
                return Err(Error::invalid("account.crmId", message));
            }
        }
    }
    let account = match known {
        Some(id) => account::Entity::get(tx, tx.tenant(), id).await?,
        None => {
            let row = account::ActiveModel {
                tenant_id: Set(tx.tenant()),
                id: Set(AccountId::new()),
                normalized_name: Set(normalized_name(&new.name)),
                name: Set(new.name.clone()),
                created_at: Set(tx.now()),
                created_position: Set(tx.next_position()),
            };
            let account = row.insert(tx).await?;
            let name = account.name.clone();
            let fact = Fact::AccountCreated(facts::Named { name });
            tx.record(account.id, None, fact).await?;
            account
        }
    };
    // Its partners call it by their own words.
    let identifiers = unknown.iter().map(|(_, value)| value.as_str());
    let texts = std::iter::once(account.name.as_str()).chain(identifiers);
    let texts = texts.map(|text| (Audience::Staff, text));
    if known.is_none() || !unknown.is_empty() {
        tx.make_findable::<account::Entity>(account.id, texts)
            .await?;
    }
    for (kind, value) in unknown {
        let fact = Fact::AccountIdentified(facts::Identifier {
            kind,
            value: value.clone(),
        });
        let row = account_identifier::ActiveModel {
            tenant_id: Set(tx.tenant()),
            kind: Set(kind),
            value: Set(value),
            account_id: Set(account.id),
            position: Set(tx.next_position()),
        };
        account_identifier::Entity::insert(row)
            .exec_without_returning(tx)
            .await?;
        tx.record(account.id, None, fact).await?;
    }
    Ok((account, known.is_none()))
}

/// The identifiers of accounts, in order, for those who may see the accounts.
pub async fn identifiers(
    scope: &Scope,
    accounts: &[AccountId],
) -> Result<Vec<account_identifier::Model>> {
    let query = account_identifier::Entity::find()
        .filter(account_identifier::Column::TenantId.eq(scope.tenant()))
        .filter(account_identifier::Column::AccountId.is_in(accounts.iter().copied()))
        .order_by_asc(account_identifier::Column::Value);
    let rows = query.all(&scope.read().await?).await?;
    audience::identifiers_shown(scope, rows).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_case_marks_and_legal_form() {
        for (name, normalized) in [
            ("GLOBEX Corporation Ltd.", "globex"),
            ("Globex, Inc.", "globex"),
            ("Müller & Söhne GmbH", "müller söhne"),
            ("Mu\u{308}ller & So\u{308}hne GmbH", "müller söhne"),
            ("Ｇｌｏｂｅｘ", "globex"),
            ("Acme Holdings Pvt. Ltd.", "acme holdings"),
            ("The Company", "the"),
            ("SE Co", "se co"),
            ("O'Reilly", "oreilly"),
            ("Glo\u{200b}bex", "globex"),
            ("🚀🚀", "🚀🚀"),
            ("+ + +", "+++"),
        ] {
            assert_eq!(normalized_name(name), normalized, "{name}");
        }
    }
}
