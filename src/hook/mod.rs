//! The face that agents' hooks call.
