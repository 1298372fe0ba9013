//! The layout of a pack: its folder, its files and its largest size.

/// The files that every pack has, besides its statement. What reports later versions add is packed, too, and not required here,
/// so that packs of earlier versions stay valid.
pub const REQUIRED: [&str; 10] = [
    "audit.bin",
    "journal.jsonl",
    "junit.xml",
    "ledger.bin",
    "plan.json",
    "report.html",
    "report.json",
    "scenario.yaml",
    "seal.sha256",
    "summary.md",
];

/// The statement of a pack, in its envelope.
pub const STATEMENT: &str = "statement.dsse.json";

/// The signer's public key, as PEM.
pub const SIGNER: &str = "signer.pem";

/// The folder that a pack unpacks to.
pub const FOLDER: &str = "firedrill-evidence";

/// The most that a pack may unpack to, in bytes.
pub const LARGEST: u64 = 1 << 30;
