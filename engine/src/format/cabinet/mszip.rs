//! MSZIP (MS-MCI): each block is a DEFLATE stream of its own behind "CK", and its matches may reach
//! back into the output of the blocks before.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// Appends the `length` octets of a block to the folder's `output`, which is also the history.
/// On failure `output` is as before.
pub(super) fn block(data: &[u8], length: usize, output: &mut Vec<u8>) -> Result<(), &'static str> {
    let stream = data.strip_prefix(b"CK").ok_or("an MSZIP block does not begin with CK")?;
    let start = output.len();
    output.resize(start + length, 0);
    let mut state = DecompressorOxide::new();
    let (status, _, written) =
        decompress(&mut state, stream, output, start, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF);
    let result = match status {
        TINFLStatus::Done if written == length => return Ok(()),
        // A writer may leave out the end marker when the block is complete.
        TINFLStatus::FailedCannotMakeProgress | TINFLStatus::NeedsMoreInput => {
            if written == length {
                return Ok(());
            }
            Err("an MSZIP block ends too early")
        }
        TINFLStatus::Done => Err("an MSZIP block gives less than it declares"),
        TINFLStatus::HasMoreOutput => Err("an MSZIP block gives more than it declares"),
        _ => Err("an MSZIP block is no valid DEFLATE stream"),
    };
    output.truncate(start);
    result
}
