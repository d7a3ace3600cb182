//! TLS on the port that also serves plain HTTP, with certificates of a certificate authority that exists only as long as
//! the gateway runs. Functions are configured to trust it ([`crate::functions`]), so code that builds
//! `https://{domainName}/{stage}` reaches the gateway.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::either::Either;

/// First byte of a TLS connection: the content type of a handshake record (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 0x16;
/// How long a client may take for the TLS handshake, its first byte included.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_mins(2);
/// Largest number of certificates that are kept.
const MAX_CERTIFICATES: usize = 100;

/// An authority that cannot be created.
#[derive(Debug, thiserror::Error)]
#[error("cannot create a certificate authority: {0}")]
pub struct Error(String);

impl Error {
    fn new(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// Accepts TLS and plain connections on one port.
#[derive(Clone)]
pub(crate) struct Acceptor {
    tls: TlsAcceptor,
    /// The certificate of the authority, as PEM.
    authority: Arc<str>,
}

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Acceptor").finish_non_exhaustive()
    }
}

impl Acceptor {
    /// Creates the authority. `address` is what certificates are for when a client names no host.
    pub(crate) fn new(address: IpAddr) -> Result<Self, Error> {
        let key = KeyPair::generate().map_err(Error::new)?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "Local gateway");
        let certificate = params.self_signed(&key).map_err(Error::new)?;
        let authority = certificate.pem().into();
        let certificates = Certificates {
            issuer: Issuer::new(params, key),
            address: address.to_string(),
            known: Mutex::default(),
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(Error::new)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(certificates));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            tls: TlsAcceptor::from(Arc::new(config)),
            authority,
        })
    }

    /// The certificate of the authority, as PEM.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Waits for the first byte, and completes the TLS handshake when it begins one.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<Stream> {
        let accept = async {
            let mut first = [0];
            stream.peek(&mut first).await?;
            if first == [HANDSHAKE] {
                Ok(Either::Right(Box::new(self.tls.accept(stream).await?)))
            } else {
                Ok(Either::Left(stream))
            }
        };
        timeout(HANDSHAKE_TIMEOUT, accept).await?
    }
}

/// Issues certificates for the hosts that clients name.
struct Certificates {
    issuer: Issuer<'static, KeyPair>,
    /// The host when a client names none, as with an IP address.
    address: String,
    known: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").finish_non_exhaustive()
    }
}

impl Certificates {
    fn issue(&self, host: &str) -> Result<Arc<CertifiedKey>, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(certificate) = known.get(host) {
            return Ok(Arc::clone(certificate));
        }
        let key = KeyPair::generate().map_err(Error::new)?;
        let names = vec![
            host.to_owned(),
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
        ];
        let certificate = CertificateParams::new(names)
            .and_then(|params| params.signed_by(&key, &self.issuer))
            .map_err(Error::new)?;
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let private =
            rustls::crypto::ring::sign::any_supported_type(&private).map_err(Error::new)?;
        let chain = vec![certificate.der().clone()];
        let certified = Arc::new(CertifiedKey::new(chain, private));
        if known.len() >= MAX_CERTIFICATES {
            known.clear();
        }
        known.insert(host.to_owned(), Arc::clone(&certified));
        Ok(certified)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let host = hello.server_name().unwrap_or(&self.address);
        self.issue(host)
            .inspect_err(|error| tracing::warn!("no certificate for {host}: {error}"))
            .ok()
    }
}

/// A connection of a client, plain or encrypted.
pub(crate) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// The host that the client named in the TLS handshake.
pub(crate) fn server_name(stream: &Stream) -> Option<&str> {
    match stream {
        Either::Left(_) => None,
        Either::Right(stream) => stream.get_ref().1.server_name(),
    }
}
