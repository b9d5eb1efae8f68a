//! The kit around core's scripted provider, which keeps every law.

use outcrop_conformance::scripted::ScriptedHarness;

outcrop_conformance::suite!(ScriptedHarness::default());
