//! Addresses of clients.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

/// The part of an address that stands for one client: all of an IPv4 address, and the first 64 bits of an IPv6 address, because
/// a client chooses the others freely (RFC 4291, section 2.5.4). Other text is returned unchanged.
pub(crate) fn network(address: &str) -> Cow<'_, str> {
    let Ok(IpAddr::V6(parsed)) = address.parse() else {
        return address.into();
    };
    if let Some(mapped) = parsed.to_ipv4_mapped() {
        return mapped.to_string().into();
    }
    let bits = parsed.to_bits() & (u128::MAX << 64);
    format!("{}/64", Ipv6Addr::from_bits(bits)).into()
}

/// The viewer's address in the `X-Forwarded-For` of a request that came through CloudFront: CloudFront appends the viewer's,
/// and API Gateway that of the CloudFront server. What the client sent itself comes before them.
pub(crate) fn forwarded(header: &str) -> Option<&str> {
    let address = header.rsplit(',').nth(1)?.trim();
    address.parse::<IpAddr>().is_ok().then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_its_ipv4_address_or_its_ipv6_network() {
        assert_eq!(network("203.0.113.7"), "203.0.113.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(network("2001:db8:1:2::ffff"), "2001:db8:1:2::/64");
        assert_eq!(network("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(network("test-invoke-source-ip"), "test-invoke-source-ip");
    }

    #[test]
    fn what_a_client_writes_into_the_header_is_ignored() {
        let edge = "130.176.0.1";
        let viewer = |header: String| forwarded(&header).map(str::to_owned);
        assert_eq!(
            viewer(format!("203.0.113.7, {edge}")).as_deref(),
            Some("203.0.113.7")
        );
        assert_eq!(
            viewer(format!("10.0.0.1, evil, 203.0.113.7,{edge}")).as_deref(),
            Some("203.0.113.7")
        );
        assert_eq!(viewer(format!("evil, {edge}")), None);
        assert_eq!(viewer(edge.to_owned()), None);
        assert_eq!(viewer(String::new()), None);
    }
}
