//! What hasten prints itself: texts and tables, made of data that others gathered. Nothing here reads, writes or asks.

pub mod doctor;
pub mod live;
pub mod slow;
