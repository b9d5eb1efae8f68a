//! The identity service itself: what it refuses, and what changes while it runs. boto3 is the judge.

use serde_json::json;
use time::Duration;

use super::{MODEL, Variables, World};
use crate::support::Finished;
use crate::support::identity::{
    ADMINISTRATOR, AUDITOR, CONTAINER_TOKEN, DEVELOPER, Key, Link, Role, TOKEN_CODE, WEB_ROLE,
};
