//! Vectors out of a hash: the same text always gets the same one, another text another.

use sha2::{Digest as _, Sha256};

/// The vector of a text, of length 1. A shorter one points where the beginning of a longer one does, as with the models
/// that offer several.
pub(super) fn unit(text: &str, dimensions: usize) -> Vec<f64> {
    let raw = raw(text, dimensions);
    let length = raw.iter().map(|it| it * it).sum::<f64>().sqrt();
    raw.into_iter().map(|it| it / length).collect()
}

/// The same before its length was made 1.
pub(super) fn raw(text: &str, dimensions: usize) -> Vec<f64> {
    let hash = |block: u32| {
        Sha256::new()
            .chain_update("outcrop-emulator embedding:")
            .chain_update(block.to_be_bytes())
            .chain_update(text)
            .finalize()
    };
    // An odd number is never 0, so that every vector has a length.
    let number = |pair: &[u8]| pair.iter().fold(0, |number, byte| number << 8 | i32::from(*byte)) | 1;
    let centred = |pair: &[u8]| f64::from(number(pair) - 0x8000) / f64::from(0x8000);
    let numbers = (0..).flat_map(|block| hash(block).chunks_exact(2).map(centred).collect::<Vec<_>>());
    numbers.take(dimensions).collect()
}

/// A vector of length 1 as whole numbers from -127 to 127, stretched so that its largest value has the largest number.
pub(super) fn whole(unit: &[f64]) -> Vec<i16> {
    let largest = unit.iter().fold(0.0, |largest: f64, it| largest.max(it.abs()));
    // Between -127 and 127 by the division.
    #[expect(clippy::cast_possible_truncation, reason = "the value is rounded and at most 127")]
    unit.iter().map(|it| (it / largest * 127.0).round() as i16).collect()
}

/// The signs of a vector, eight in a byte, the first one highest.
pub(super) fn signs(unit: &[f64]) -> Vec<u8> {
    let byte = |eight: &[f64]| eight.iter().fold(0, |byte: u8, it| byte << 1 | u8::from(*it > 0.0));
    unit.chunks(8).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_depend_on_the_text_alone_and_have_length_1() {
        for dimensions in [15, 16, 17, 256, 3072] {
            let vector = unit("hello", dimensions);
            assert_eq!(vector.len(), dimensions);
            assert!((vector.iter().map(|it| it * it).sum::<f64>() - 1.0).abs() < 1e-9);
            assert_eq!(vector, unit("hello", dimensions));
            assert_ne!(vector, unit("hello!", dimensions));
        }
        let (long, short) = (unit("hello", 1024), unit("hello", 256));
        let ratio = long[0] / short[0];
        assert!(long.iter().zip(&short).all(|(long, short)| (long / short - ratio).abs() < 1e-9));
    }

    #[test]
    fn short_forms_keep_signs_and_range() {
        assert_eq!(whole(&[0.5, -0.25, 0.0]), [127, -64, 0]);
        assert_eq!(signs(&[1.0, -1.0, 1.0, -1.0, -1.0, -1.0, -1.0, 1.0]), [0b1010_0001]);
    }
}
