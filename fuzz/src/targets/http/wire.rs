//! Requests and responses as they are on the wire.

/// A request as it is on the wire, in its parts.
pub(super) struct Wire<'a> {
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    pub(super) headers: Vec<(&'a str, &'a str)>,
    pub(super) head: &'a [u8],
    pub(super) body: &'a [u8],
}

impl Wire<'_> {
    /// A request that is written as requests mostly are; `None` for all others.
    pub(super) fn parse(bytes: &[u8]) -> Option<Wire<'_>> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let (head, body) = (&bytes[..end + 2], &bytes[end + 4..]);
        let mut lines = std::str::from_utf8(head)
            .ok()?
            .strip_suffix("\r\n")?
            .split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        if !matches!(words.next(), Some("HTTP/1.1" | "HTTP/1.0"))
            || words.next().is_some()
            || !target.starts_with('/')
        {
            return None;
        }
        let mut headers = Vec::new();
        for line in lines {
            let (name, value) = line.split_once(':')?;
            http::HeaderName::from_bytes(name.as_bytes()).ok()?;
            http::HeaderValue::from_str(value.trim()).ok()?;
            headers.push((name, value.trim()));
        }
        target.parse::<http::Uri>().ok()?;
        method.parse::<http::Method>().ok()?;
        Some(Wire {
            method,
            target,
            headers,
            head,
            body,
        })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    }

    fn has_each_header_once(&self) -> bool {
        let mut names: Vec<String> = self
            .headers
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect();
        names.sort();
        names.windows(2).all(|two| two[0] != two[1])
    }

    /// Whether there is only one way to write what is signed of it: other ways are taken as signers differ in them.
    pub(super) fn is_plain(&self) -> bool {
        let in_path = |c: char| c.is_ascii_alphanumeric() || "-_.~/".contains(c);
        let in_query = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            !name.is_empty() && name.chars().all(in_query) && value.chars().all(in_query)
        };
        let value = |value: &str| value.chars().all(|c| (' '..='~').contains(&c)) && !value.contains("  ");
        let in_host = |c: char| c.is_ascii_alphanumeric() || "-.:".contains(c);
        self.header("host").is_some_and(|host| host.chars().all(in_host))
            && path.chars().all(in_path)
            && !path.contains("//")
            && !path.split('/').any(|segment| matches!(segment, "." | ".."))
            && (query.is_empty() || query.split('&').all(pair))
            && !self.target.contains("Signature=")
            && self.headers.iter().all(|(_, text)| value(text))
            && self.has_each_header_once()
    }

    /// Whether its body is all that follows, by its length.
    pub(super) fn is_whole(&self) -> bool {
        let length = self
            .header("content-length")
            .map_or(Some(0), |length| length.parse().ok());
        length == Some(self.body.len()) && self.header("transfer-encoding").is_none()
    }
}

/// A response, as given by its head and length.
pub(super) struct HttpResponse<'a> {
    pub(super) status: u16,
    headers: Vec<(&'a str, &'a str)>,
    pub(super) body: &'a [u8],
}

impl HttpResponse<'_> {
    /// The first of `bytes`. With `to_head` it has no body, whatever its headers are.
    pub(super) fn read(bytes: &[u8], to_head: bool) -> Result<HttpResponse<'_>, String> {
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .ok_or("its head does not end")?;
        let head = std::str::from_utf8(&bytes[..end]).map_err(|error| error.to_string())?;
        let mut lines = head.split("\r\n");
        let line = lines.next().unwrap_or_default();
        let status = line
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| line.strip_prefix("HTTP/1.0 "));
        let status = status
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .ok_or("it has no status")?;
        let headers = lines.map(|line| {
            line.split_once(": ")
                .or_else(|| line.split_once(':'))
                .ok_or("a header without a name")
        });
        let headers = headers.collect::<Result<Vec<_>, _>>()?;
        let find = |name: &str| {
            headers
                .iter()
                .find(|(other, _)| other.eq_ignore_ascii_case(name))
                .map(|(_, value)| *value)
        };
        let rest = &bytes[end + 4..];
        let body = match (find("content-length"), find("transfer-encoding")) {
            _ if to_head || matches!(status, 204 | 304 | 100..200) => &rest[..0],
            (Some(length), None) => {
                let length: usize = length.parse().map_err(|_| "its length is no number")?;
                rest.get(..length)
                    .ok_or(format!("its body has {} of {length} bytes", rest.len()))?
            }
            (Some(_), Some(_)) => return Err("it has two lengths".to_owned()),
            _ => rest,
        };
        Ok(HttpResponse {
            status,
            headers,
            body,
        })
    }

    pub(super) fn is_xml(&self) -> bool {
        let kind = self
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        kind.is_some_and(|(_, value)| value.contains("xml"))
    }
}
