//! Internationalized labels as ASCII: Punycode (RFC 3492).

/// Longest label encoded, in characters: several times what DNS allows.
const MAX_LABEL: usize = 256;

/// The host name with each label that is not ASCII replaced by its A-label. Letters are made lower
/// case; nothing else of IDNA's mapping is done. `None` if a label is too long.
pub(super) fn to_ascii(host: &str) -> Option<String> {
    let labels: Option<Vec<String>> = host.split('.').map(label_to_ascii).collect();
    labels.map(|labels| labels.join("."))
}

fn label_to_ascii(label: &str) -> Option<String> {
    if label.is_ascii() {
        return Some(label.to_owned());
    }
    let characters: Vec<u32> = label.to_lowercase().chars().map(u32::from).collect();
    (characters.len() <= MAX_LABEL)
        .then(|| encode(&characters).map(|text| format!("xn--{text}")))?
}

/// RFC 3492, section 6.3.
fn encode(input: &[u32]) -> Option<String> {
    let mut output: String =
        input.iter().filter_map(|c| char::from_u32(*c)).filter(char::is_ascii).collect();
    let basic = u32::try_from(output.len()).ok()?;
    if basic > 0 {
        output.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (128_u32, 0_u32, 72_u32, basic);
    while usize::try_from(handled).ok()? < input.len() {
        let next = input.iter().copied().filter(|c| *c >= n).min()?;
        delta = (next - n).checked_mul(handled + 1)?.checked_add(delta)?;
        n = next;
        for c in input {
            if *c < n {
                delta = delta.checked_add(1)?;
            }
            if *c == n {
                variable_length(delta, bias, &mut output)?;
                bias = adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        n += 1;
    }
    Some(output)
}

fn variable_length(delta: u32, bias: u32, output: &mut String) -> Option<()> {
    let mut rest = delta;
    let mut k = 36;
    loop {
        let threshold = k.max(bias + 1).saturating_sub(bias).clamp(1, 26);
        if rest < threshold {
            break;
        }
        let base = 36 - threshold;
        output.push(digit(threshold + (rest - threshold) % base)?);
        rest = (rest - threshold) / base;
        k += 36;
    }
    output.push(digit(rest)?);
    Some(())
}

fn digit(value: u32) -> Option<char> {
    char::from_digit(value + 10, 36).or_else(|| char::from_digit(value.checked_sub(26)?, 10))
}

fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_labels() {
        assert_eq!(to_ascii("www.bücher.example").unwrap(), "www.xn--bcher-kva.example");
        assert_eq!(to_ascii("MÜNCHEN.de").unwrap(), "xn--mnchen-3ya.de");
        assert_eq!(to_ascii("例え.テスト").unwrap(), "xn--r8jz45g.xn--zckzah");
        assert_eq!(to_ascii("Plain.Example").unwrap(), "Plain.Example");
        // RFC 3492, section 7.1 (A)
        assert_eq!(to_ascii("ليهمابتكلموشعربي؟").unwrap(), "xn--egbpdaj6bu4bxfgehfvwxn");
        assert_eq!(to_ascii(&"ü".repeat(MAX_LABEL + 1)), None);
    }
}
