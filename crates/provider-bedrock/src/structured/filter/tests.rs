//! What is taken away, what is kept, and that it does not matter in which pieces a text comes.

use proptest::prelude::*;

use super::*;

fn wrapped() -> Filter {
    Filter::Unwrap(Unwrap::new())
}

fn fenced() -> Filter {
    Filter::Fence(Fence::new())
}

#[test]
fn the_value_is_taken_out_of_its_object() {
    for (text, value) in [
        (r#"{"value":[1,2]}"#, "[1,2]"),
        (" {\n \"value\" : \n[ {\"a\": \"}]\"} ] }\n", "[ {\"a\": \"}]\"} ] "),
        (r#"{"value":"a \" } b"}"#, r#""a \" } b""#),
        (r#"{"value":"\\"}"#, r#""\\""#),
        (r#"{"value":12}"#, "12"),
        (r#"{"value":null}"#, "null"),
        (r#"{"value":[1,"#, "[1,"),
    ] {
        let mut filter = wrapped();
        assert_eq!(filter.whole(text), value, "{text}");
        assert_eq!(filter.surplus(), None, "{text}");
    }
}

#[test]
fn what_does_not_begin_like_the_object_stays() {
    for text in ["[1]", "{\"values\":[1]}", "{}", "{\"val", "", "{\"value\"", "{\"value\", 1}"] {
        assert_eq!(wrapped().whole(text), text);
    }
}

#[test]
fn members_beside_the_value_are_surplus() {
    let mut filter = wrapped();
    assert_eq!(filter.whole(r#"{"value":[1],"note":"x"}"#), "[1]");
    assert_eq!(filter.surplus(), Some(r#","note":"x"}"#));
}

#[test]
fn the_value_is_given_on_as_it_comes() {
    let mut filter = wrapped();
    let given: Vec<_> = ["{\"val", "ue\":", " [1", ",2", "]", "}"].map(|piece| filter.push(piece)).into();
    assert_eq!(given, ["", "", "[1", ",2", "]", ""]);
}

#[test]
fn a_fence_around_the_answer_is_taken_away() {
    for (text, inside) in [
        ("```json\n{\"a\": 1}\n```", "{\"a\": 1}"),
        ("\n```\n[1]\n```\n", "[1]"),
        ("```json\n\"``` inside\"\n```", "\"``` inside\""),
        // Cut short.
        ("```json\n{\"a\":", "{\"a\":"),
        ("```json", "```json"),
        // No fence around all of it.
        ("{\"a\": 1}", "{\"a\": 1}"),
        (" {\"a\": \"```\"}\n", " {\"a\": \"```\"}\n"),
        ("```{\"a\": 1}```", "```{\"a\": 1}```"),
        ("`x`", "`x`"),
        ("```not a language\n1", "```not a language\n1"),
    ] {
        assert_eq!(fenced().whole(text), inside, "{text:?}");
    }
}

#[test]
fn what_follows_a_fence_is_kept() {
    assert_eq!(fenced().whole("```json\n1\n```\nDone."), "1\n```\nDone.");
}

/// Texts that come near to what is taken away.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{\"value\":"),
        Just("}"),
        Just("]"),
        Just("["),
        Just("\""),
        Just("\\"),
        Just(","),
        Just("```json\n"),
        Just("```"),
        Just("`"),
        Just("\n"),
        Just(" "),
        Just("1"),
        Just("ü"),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn pieces_make_no_difference(text in text(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        places.extend([0, text.len()]);
        places.retain(|place| text.is_char_boundary(*place));
        places.sort_unstable();
        for filter in [wrapped, fenced, || Filter::Plain] {
            let (mut whole, mut pieces) = (filter(), filter());
            let expected = whole.whole(&text);
            let mut given: String =
                places.windows(2).map(|cut| pieces.push(&text[cut[0]..cut[1]])).collect();
            given += &pieces.close();
            prop_assert_eq!(given, expected);
            prop_assert_eq!(pieces.surplus(), whole.surplus());
        }
    }
}
