use std::{fmt, str::FromStr};

/// Valid URL of an SQS queue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct QueueUrl(String);

/// Rule that an invalid URL of a queue violates.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be the URL of an SQS queue, such as https://<host>/<account id>/<queue name>")]
pub struct InvalidQueueUrl;

impl QueueUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for QueueUrl {
    type Err = InvalidQueueUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let parts: Vec<_> = path.unwrap_or_default().split('/').collect();
        let is_valid = match parts.as_slice() {
            [host, account, name] => {
                !host.is_empty()
                    && account.parse::<gangway_model::AccountId>().is_ok()
                    && is_queue_name(name.strip_suffix(".fifo").unwrap_or(name))
            }
            _ => false,
        };
        if is_valid { Ok(Self(text.to_owned())) } else { Err(InvalidQueueUrl) }
    }
}

fn is_queue_name(text: &str) -> bool {
    (1..=80).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

impl fmt::Display for QueueUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_urls_have_a_host_an_account_and_a_name() {
        for text in [
            "https://sqs.us-gov-west-1.amazonaws.com/111122223333/gangway-Vended-1A2B",
            "http://127.0.0.1:4566/111122223333/Vended",
        ] {
            assert_eq!(text.parse::<QueueUrl>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "Vended",
            "arn:aws:sqs:us-east-1:111122223333:Vended",
            "https://sqs.us-east-1.amazonaws.com/Vended",
            "https://sqs.us-east-1.amazonaws.com/111122223333/",
            "https:///111122223333/Vended",
            "https://sqs.us-east-1.amazonaws.com/111122223333/a b",
        ] {
            assert_eq!(text.parse::<QueueUrl>(), Err(InvalidQueueUrl), "{text}");
        }
    }
}
