//! IAM policies through the command line, and the guide that uses them.

mod guide;
mod policy;
