//! Guests, and cases to put to them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, OnceLock};

use tributary_domain::calculator::{
    Calculator, Case, CaseCredit, CaseDeal, CaseHistory, CaseTerms, Code, Fault, Outcome,
    Unadmitted, Verdict,
};
use tributary_domain::clock::Moment;
use tributary_domain::digest::sha256;
use tributary_domain::entity::{credit_share::Role, program::ProgramModel};
use tributary_domain::error::Refusal;
use tributary_domain::ids::{PartnerId, TenantId};
use tributary_domain::money::Currency;
use tributary_plugins::Sandbox;

/// The story's brackets.
pub const BRACKETS: &str = r#"{"brackets":[{"up_to":"50000.00","percent":"10"},{"up_to":"100000.00","percent":"12"},{"percent":"15"}]}"#;

/// One sandbox for all tests, as one serves all tenants.
pub static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| Sandbox::new().expect("a sandbox"));

/// Whose rules they are.
pub static ACME: LazyLock<TenantId> = LazyLock::new(TenantId::new);

/// Where the rules of this repository are.
pub fn source(rule: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../plugin-sdk")
        .join(rule)
}

/// A directory for the compiler's files, kept from run to run.
pub fn target_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("rules")
}

/// The worked example, built from source.
pub fn example() -> Code {
    static BUILT: OnceLock<Code> = OnceLock::new();
    let build = || built("examples/tiered-accelerator", &["bracket"]);
    BUILT.get_or_init(build).clone()
}

/// The rule that does wrong as told, built from source.
pub fn misbehaving() -> Code {
    static BUILT: OnceLock<Code> = OnceLock::new();
    let build = || built("fixtures/misbehaving", &["flat", "spare"]);
    BUILT.get_or_init(build).clone()
}

fn built(rule: &str, basis_codes: &[&str]) -> Code {
    let built = tributary_toolchain::build_in(&source(rule), &target_dir(), None).expect(rule);
    assert_eq!(built.description.basis_codes, basis_codes);
    let bytes = std::fs::read(&built.path).expect("the component");
    let code = code(bytes, basis_codes);
    assert_eq!(code.digest, built.digest);
    code
}

/// Admitted code.
pub fn code(bytes: Vec<u8>, basis_codes: &[&str]) -> Code {
    Code {
        digest: sha256(&bytes),
        bytes: bytes.into(),
        basis_codes: basis_codes.iter().map(|&code| code.to_owned()).collect(),
    }
}

/// Who is credited in every case here.
pub fn dana() -> PartnerId {
    "prt_01h455vb4pex5vsknk084sn02r".parse().expect("an id")
}

/// A deal of so many cents, won by Dana alone after so many cents of volume.
pub fn case(amount_minor: i64, volume_minor: i64, config: &str) -> Case {
    Case {
        evaluated_at: Moment(1_780_000_000_000),
        deal: CaseDeal {
            id: "del_01h455vb4pex5vsknk084sn02q".parse().expect("an id"),
            amount_minor,
            currency: Currency::USD,
            opened_at: Moment(1_770_000_000_000),
            closed_at: Moment(1_780_000_000_000),
        },
        role: Role::Sourced,
        credits: vec![CaseCredit {
            partner: dana(),
            share_numerator: 1,
            share_denominator: 1,
            tier: Some("gold".to_owned()),
        }],
        terms: CaseTerms {
            id: "trm_01h455vb4pex5vsknk084sn02q".parse().expect("an id"),
            version: 1,
            model: ProgramModel::Referral,
        },
        history: vec![CaseHistory {
            partner: dana(),
            year: 2026,
            deals: 1,
            volume_minor,
        }],
        config: config.to_owned(),
    }
}

/// What a decided evaluation gave, and its fuel.
pub async fn decide(code: &Code, case: Case) -> (Result<Verdict, Fault>, u64) {
    match SANDBOX.evaluate(*ACME, code.clone(), case).await {
        Outcome::Decided { result, fuel } => (result, fuel),
        Outcome::Aborted => panic!("the evaluation was aborted"),
    }
}

/// The fault that `misbehaving` gives when told to do this.
pub async fn deed(deed: &str) -> Result<Verdict, Fault> {
    let config = format!(r#"{{"do":"{deed}"}}"#);
    decide(&misbehaving(), case(1_000_000, 0, &config)).await.0
}

/// Uploaded bytes.
pub fn upload(bytes: &[u8]) -> Arc<[u8]> {
    Arc::from(bytes)
}

/// The code with which an upload is refused.
pub async fn refusal(bytes: &[u8]) -> String {
    refused(bytes).await.code
}

/// The same with its message.
pub async fn refused(bytes: &[u8]) -> Refusal {
    match SANDBOX.admit(*ACME, upload(bytes)).await {
        Ok(description) => panic!("admitted: {description:?}"),
        Err(Unadmitted::Refused(refusal)) => refusal,
        Err(Unadmitted::Busy) => panic!("too busy"),
    }
}

/// A guest by hand: a core module in the text format, made a component of the
/// contract's world. It describes itself as `hand`, with the basis `flat`.
pub struct Hand {
    /// The instructions of `describe`, which leave the address of a description.
    pub describe: &'static str,
    /// The instructions of `evaluate`, which leave the address of a result.
    pub evaluate: &'static str,
    /// The instructions of `cabi_realloc`, which leave an address.
    pub realloc: &'static str,
    /// More fields of the module.
    pub more: &'static str,
}

impl Hand {
    /// One that does its work: zeroes are an empty verdict.
    pub const GOOD: Self = Self {
        describe: "i32.const 64",
        evaluate: "i32.const 256",
        realloc: "(local $at i32)
            (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
            (global.set $next (i32.add (local.get $at) (local.get 3)))
            local.get $at",
        more: "",
    };

    /// The component.
    pub fn component(&self) -> Vec<u8> {
        let Self {
            describe,
            evaluate,
            realloc,
            more,
        } = self;
        let text = format!(
            r#"(module
                (memory (export "memory") 1)
                (global $next (mut i32) (i32.const 4096))
                (data (i32.const 0) "hand1.0.0flat{{}}")
                (data (i32.const 64) "\00\00\00\00\04\00\00\00" "\04\00\00\00\05\00\00\00"
                                     "\60\00\00\00\01\00\00\00" "\0d\00\00\00\02\00\00\00")
                (data (i32.const 96) "\09\00\00\00\04\00\00\00")
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
                (func (export "tributary:rule/calculation@1.0.0#describe") (result i32) {describe})
                (func (export "tributary:rule/calculation@1.0.0#evaluate") (param i32) (result i32)
                    {evaluate})
                {more})"#
        );
        let module = wat::parse_str(text).expect("a module");
        tributary_toolchain::wrap(&module).expect("a component")
    }

    /// The component as admitted code.
    pub fn code(&self) -> Code {
        code(self.component(), &["flat"])
    }
}
