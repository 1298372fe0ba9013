//! How functions are named: by name, by ARN, by a part of one, with a version or an alias behind it.

use cloud_gateway::ACCOUNT_ID;

use super::error::LambdaError;

/// A function, and which version of it, as a request names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The bare name.
    pub(crate) name: String,
    /// A version's number, `$LATEST` or an alias.
    pub(crate) qualifier: Option<String>,
}

/// The ARN of a function in a region.
pub(crate) fn arn(region: &str, name: &str) -> String {
    format!("arn:aws:lambda:{region}:{ACCOUNT_ID}:function:{name}")
}

/// The ARN of a version or an alias of it.
pub(crate) fn qualified(region: &str, name: &str, qualifier: &str) -> String {
    format!("{}:{qualifier}", arn(region, name))
}

impl Reference {
    /// What `text` (`name`, `name:qualifier`, `account:function:name`, or an ARN) names in `region`.
    ///
    /// # Errors
    /// If it is no name, is of another region or account, or its qualifier is not the one of the query.
    pub(crate) fn parse(text: &str, region: &str, query: Option<&str>) -> Result<Reference, LambdaError> {
        let (name, inner) = split(text, region)?;
        if !is_name(name) || name.len() > 64 {
            return Err(not_a_name(text));
        }
        let inner = inner.filter(|q| !q.is_empty());
        if let (Some(inner), Some(query)) = (inner, query)
            && inner != query
        {
            return Err(LambdaError::invalid(
                "The derived qualifier from the function name does not match the specified qualifier.",
            ));
        }
        let qualifier = inner.or(query).map(str::to_owned);
        if let Some(qualifier) = &qualifier
            && qualifier != "$LATEST"
            && !is_name(qualifier)
        {
            return Err(LambdaError::validation(format!(
                "1 validation error detected: Value '{qualifier}' at 'qualifier' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: \\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"
            )));
        }
        Ok(Reference {
            name: name.to_owned(),
            qualifier,
        })
    }
}

/// Name and qualifier of any of the forms.
fn split<'a>(text: &'a str, region: &str) -> Result<(&'a str, Option<&'a str>), LambdaError> {
    let parts: Vec<&str> = text.split(':').collect();
    let (account, rest) = match parts[..] {
        ["arn", "aws", "lambda", of, account, "function", ref rest @ ..] => {
            if of != region {
                return Err(LambdaError::not_found(format!(
                    "Functions from '{of}' are not reachable in this region ('{region}')"
                )));
            }
            (account, rest)
        }
        [account, "function", ref rest @ ..] => (account, rest),
        ["function", ref rest @ ..] | ref rest => (ACCOUNT_ID, rest),
    };
    if account != ACCOUNT_ID {
        return Err(LambdaError::no_function(text));
    }
    match rest {
        [name] => Ok((name, None)),
        [name, qualifier] => Ok((name, Some(qualifier))),
        _ => Err(not_a_name(text)),
    }
}

fn not_a_name(text: &str) -> LambdaError {
    LambdaError::validation(format!(
        "1 validation error detected: Value '{text}' at 'functionName' failed to satisfy constraint: Member must \
         satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{{2}}(-gov)?-[a-z]+-\\d{{1}}:)?\
         (\\d{{12}}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"
    ))
}

/// Letters, digits, `-` and `_`, at least one.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 140
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_names_the_same() {
        let arn = arn("us-west-2", "f");
        for (text, qualifier) in [
            ("f", None),
            ("function:f", None),
            ("000000000000:function:f", None),
            (arn.as_str(), None),
            ("f:live", Some("live")),
            ("f:$LATEST", Some("$LATEST")),
            (&format!("{arn}:3"), Some("3")),
        ] {
            let found = Reference::parse(text, "us-west-2", None).unwrap();
            assert_eq!(
                (found.name.as_str(), found.qualifier.as_deref()),
                ("f", qualifier)
            );
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", "a b", "a/b", "../x", "f:a:b", "f:ä", &"x".repeat(65)] {
            assert!(Reference::parse(text, "us-west-2", None).is_err(), "{text}");
        }
        let elsewhere = Reference::parse(&arn("us-east-1", "f"), "us-west-2", None).unwrap_err();
        assert_eq!(elsewhere.code, "ResourceNotFoundException");
        assert!(Reference::parse("f:1", "us-west-2", Some("2")).is_err());
    }
}
