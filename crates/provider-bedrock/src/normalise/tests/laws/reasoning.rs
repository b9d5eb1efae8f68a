//! What holds for the reasoning of a turn that goes on with the results of its tools.

use outcrop_core::{Thinking, ThinkingLevel};
use proptest::prelude::*;

use super::conversation::conversation;
use super::*;
use crate::learnt::Refusal;

proptest! {
    /// Claude thinks within a budget through a whole turn, or not at all in it.
    #[test]
    fn a_turn_that_goes_on_has_thoughts_at_its_beginning_or_none_at_all(
        messages in conversation(),
        rounds in proptest::collection::vec(any::<bool>(), 1..4),
        level in prop::sample::select(vec![None, Some(ThinkingLevel::Off), Some(ThinkingLevel::High)]),
        refused in any::<bool>(),
    ) {
        let mut messages = messages;
        // Calls that were left open are answered here, so that the turn begins behind.
        messages.extend([user("Go on."), assistant("Well."), user("Go on.")]);
        let first = messages.len();
        for (round, thought) in rounds.iter().enumerate() {
            let id = format!("round-{round}");
            let mut content: Vec<_> = thought.then(|| signed("hm")).into_iter().collect();
            content.push(call(&id));
            messages.extend([assistant(content), user(result(&id, "done"))]);
        }
        let beginning = messages.len() - first;
        let mut request = ask_with_tools(messages, BUDGET, false);
        request.thinking = level.map(Thinking::at);
        let target = Target::of(BUDGET);
        let target = if refused { target.after(Refusal::Reasoning) } else { target };
        let normalised = tidy_at(&request, &target).unwrap();
        let turn = &normalised.messages[normalised.messages.len() - beginning..];
        let begins = !refused && rounds[0];
        prop_assert_eq!(normalised.thinks, begins && level == Some(ThinkingLevel::High));
        let thoughts = turn.iter().filter(|message| message.content.iter().any(is_reasoning)).count();
        if normalised.thinks {
            prop_assert!(is_reasoning(&turn[0].content[0]));
            prop_assert_eq!(thoughts, rounds.iter().filter(|thought| **thought).count());
        } else {
            prop_assert_eq!(thoughts, 0);
        }
    }
}
