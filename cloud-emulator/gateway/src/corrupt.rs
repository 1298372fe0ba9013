//! Answers whose body is altered on its way: one byte in each block, length and headers as they were.

use bytes::{Bytes, BytesMut};
use drill::draw::Draws;
use http_body::Body as _;
use s3s::Body;

use super::altered::altered;

/// One byte in so many is altered, at least one.
const BLOCK: u64 = 64 << 10;

/// `body` with altered bytes, which `draws` choose, or as it was if there is nothing to alter.
pub(crate) fn corrupted(body: Body, draws: Draws) -> Result<Body, Body> {
    let length = body.size_hint().exact();
    if length == Some(0) || body.is_end_stream() {
        return Err(body);
    }
    let damage = Damage { draws, length };
    Ok(altered(body, 0, move |data, at| damage.alter(data, at)))
}

/// What is altered in a body.
struct Damage {
    draws: Draws,
    /// The whole body's; unknown if it comes in chunks.
    length: Option<u64>,
}

impl Damage {
    /// The bytes that stand at `start`.
    fn alter(&self, data: Bytes, start: u64) -> Bytes {
        let end = start + data.len() as u64;
        let mut altered = BytesMut::from(data);
        for block in start / BLOCK..end.div_ceil(BLOCK) {
            let place = self.place(block);
            if (start..end).contains(&place) {
                altered[(place - start) as usize] ^= self.draws.between(block * 2 + 1, 1, 255) as u8;
            }
        }
        altered.freeze()
    }

    /// Which byte of a block is altered: any, or its first if the length of the last block is unknown.
    fn place(&self, block: u64) -> u64 {
        let within = match self.length {
            Some(length) => BLOCK.min(length.saturating_sub(block * BLOCK)),
            None => 1,
        };
        block * BLOCK + self.draws.below(block * 2, within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn altered(body: &[u8], pieces: usize, length: Option<u64>) -> Vec<u8> {
        let draws = Draws::new(1, "corrupt");
        let damage = Damage { draws, length };
        let at = (0..).step_by(pieces);
        body.chunks(pieces)
            .zip(at)
            .flat_map(|(piece, at)| damage.alter(Bytes::copy_from_slice(piece), at).to_vec())
            .collect()
    }

    fn differing(a: &[u8], b: &[u8]) -> usize {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).filter(|(a, b)| a != b).count()
    }

    #[test]
    fn each_block_has_one_altered_byte_however_it_is_cut() {
        for (length, blocks) in [(1, 1), (5, 1), (64 << 10, 1), ((64 << 10) + 1, 2), (200_000, 4)] {
            let body = vec![7; length];
            let whole = altered(&body, length, Some(length as u64));
            assert_eq!(differing(&body, &whole), blocks, "{length}");
            assert_eq!(altered(&body, 1_000, Some(length as u64)), whole, "{length}");
            assert_eq!(differing(&body, &altered(&body, 1_000, None)), blocks, "{length}");
        }
    }
}
