//! The provider against the whole conformance kit: through the SDK and a socket, with the emulator as its upstream.

use outcrop_provider_bedrock::conformance::BedrockHarness;

outcrop_conformance::suite!(BedrockHarness);
