//! Lets Palette into an account through EKS Pod Identity: parse, check, enroll.

mod checks;
