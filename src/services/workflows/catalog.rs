//! The workflows that come with ao.

/// Name and text.
pub(super) const CATALOG: &[(&str, &str)] = &[
    ("deep-research", include_str!("catalog/deep-research.js")),
    ("review-code", include_str!("catalog/review-code.js")),
    ("find-issues", include_str!("catalog/find-issues.js")),
];
