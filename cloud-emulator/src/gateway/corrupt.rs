//! Answers whose body is altered on its way: one byte in each block, length and headers as they were.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use drill::draw::Draws;
use http_body::{Body as HttpBody, Frame, SizeHint};
use s3s::Body;

/// One byte in so many is altered, at least one.
const BLOCK: u64 = 64 << 10;

/// `body` with altered bytes, which `draws` choose, or as it was if there is nothing to alter.
pub(crate) fn corrupted(body: Body, draws: Draws) -> Result<Body, Body> {
    let length = body.size_hint().exact();
    if length == Some(0) || body.is_end_stream() {
        return Err(body);
    }
    Ok(Body::http_body_unsync(Corrupted {
        body,
        damage: Damage { draws, length, at: 0 },
    }))
}

struct Corrupted {
    body: Body,
    damage: Damage,
}

impl HttpBody for Corrupted {
    type Data = Bytes;
    type Error = s3s::StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, s3s::StdError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(|data| self.damage.alter(data)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Where the next bytes stand in the body, and what is altered in it.
struct Damage {
    draws: Draws,
    /// The whole body's; unknown if it comes in chunks.
    length: Option<u64>,
    at: u64,
}

impl Damage {
    fn alter(&mut self, data: Bytes) -> Bytes {
        let (start, end) = (self.at, self.at + data.len() as u64);
        self.at = end;
        let mut altered = BytesMut::from(data);
        for block in start / BLOCK..end.div_ceil(BLOCK) {
            let place = self.place(block);
            if (start..end).contains(&place) {
                altered[(place - start) as usize] ^= self.draws.between(block * 2 + 1, 1, 255) as u8;
            }
        }
        altered.freeze()
    }

    /// Which byte of a block is altered: any, or its first if nobody knows how long the last block is.
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
        let mut damage = Damage { draws, length, at: 0 };
        let pieces = body.chunks(pieces);
        pieces
            .flat_map(|piece| damage.alter(Bytes::copy_from_slice(piece)).to_vec())
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
