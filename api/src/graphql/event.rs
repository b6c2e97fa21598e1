//! The log, and following deals in it.
