//! Customer companies, and how one is recognised under several spellings.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};
use serde_json::json;
use unicode_normalization::UnicodeNormalization;
use url::{Host, Url};

use crate::entity::account_identifier::{self, Kind};
use crate::entity::{Owned, account};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::kernel::audience;
use crate::limits;
use crate::scope::{Fact, Scope, Tx};

/// What a caller says of a customer.
#[derive(Clone, Debug, serde::Serialize)]
pub struct NewAccount {
    /// Its name, however spelled.
    pub name: String,
    /// Its domain, or any web address of it.
    pub domain: String,
    /// The id of the company in the tenant's CRM.
    pub crm_id: Option<String>,
}

/// The registrable domain of a domain or web address, in lower-case ASCII:
/// `https://www.Globex.example/about` gives `globex.example`. Which suffixes
/// are public is Mozilla's Public Suffix List.
pub fn registrable_domain(text: &str) -> Result<String> {
    let invalid = || Error::invalid("account.domain", "not a domain or web address");
    let text = text.trim();
    let address = match text.contains("://") {
        true => text.to_owned(),
        false => format!("https://{text}"),
    };
    let url = Url::parse(&address).map_err(|_| invalid())?;
    let Some(Host::Domain(host)) = url.host() else {
        return Err(invalid());
    };
    let host = host.trim_end_matches('.');
    psl::domain_str(host).map(str::to_owned).ok_or_else(invalid)
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
/// `globex`. A name of nothing but legal forms keeps them.
pub fn normalized_name(name: &str) -> String {
    let folded: String = name
        .nfkc()
        .filter(|c| !matches!(c, '.' | '\'' | '’'))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect::<String>()
        .to_lowercase();
    let words: Vec<&str> = folded.split_whitespace().collect();
    let core = words.iter().rposition(|word| !LEGAL_FORMS.contains(word));
    words[..core.map_or(words.len(), |last| last + 1)].join(" ")
}

/// The account that these identifiers belong to, made if there is none.
///
/// A domain or CRM id decides; a name alone never joins two accounts. What is
/// newly learned of a known account is kept with it, and identifiers of two
/// different accounts are refused.
pub(crate) async fn find_or_create(tx: &mut Tx, new: &NewAccount) -> Result<account::Model> {
    let name = limits::name("account.name", &new.name)?;
    let mut identifiers = vec![(Kind::Domain, registrable_domain(&new.domain)?)];
    if let Some(crm_id) = &new.crm_id {
        identifiers.push((Kind::CrmId, limits::name("account.crmId", crm_id)?));
    }
    let mut known = None;
    let mut unknown = Vec::new();
    for (kind, value) in identifiers {
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
                normalized_name: Set(normalized_name(&name)),
                name: Set(name),
                created_at: Set(tx.now()),
            };
            let account = row.insert(tx).await?;
            log(
                tx,
                "account.created",
                &account,
                json!({ "name": account.name }),
            )
            .await?;
            account
        }
    };
    for (kind, value) in unknown {
        let data = json!({ "kind": kind, "value": value });
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
        log(tx, "account.identified", &account, data).await?;
    }
    Ok(account)
}

async fn log(
    tx: &mut Tx,
    kind: &'static str,
    account: &account::Model,
    data: serde_json::Value,
) -> Result<()> {
    let subject = &account.id;
    tx.log(Fact {
        kind,
        subject,
        deal: None,
        data,
    })
    .await?;
    Ok(())
}

/// The first other accounts with the same normalised name.
pub(crate) async fn namesakes(
    tx: &Tx,
    account: &account::Model,
    most: u64,
) -> Result<Vec<AccountId>> {
    let query = account::Entity::of(tx.tenant())
        .filter(account::Column::NormalizedName.eq(&account.normalized_name))
        .filter(account::Column::Id.ne(account.id))
        .order_by_asc(account::Column::Id)
        .limit(most);
    Ok(query.all(tx).await?.into_iter().map(|row| row.id).collect())
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
    fn one_company_under_many_spellings() {
        for (text, domain) in [
            ("globex.example", "globex.example"),
            ("https://www.Globex.example/about", "globex.example"),
            ("WWW.GLOBEX.EXAMPLE:443", "globex.example"),
            ("globex.example.", "globex.example"),
            ("shop.globex.co.uk", "globex.co.uk"),
            (
                "https://user@mail.bücher.example/?q=1",
                "xn--bcher-kva.example",
            ),
        ] {
            assert_eq!(registrable_domain(text).unwrap(), domain, "{text}");
        }
        for text in [
            "",
            "co.uk",
            "localhost",
            "10.0.0.1",
            "https://[::1]/",
            "a b.example",
            "://",
        ] {
            assert!(registrable_domain(text).is_err(), "{text}");
        }
    }

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
        ] {
            assert_eq!(normalized_name(name), normalized, "{name}");
        }
    }
}
