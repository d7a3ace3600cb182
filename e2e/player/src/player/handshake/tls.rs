//! Encrypted connections, and which certificates they trust and show.

mod verifier;

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use self::verifier::Verifier;
use super::HandshakeError;
use crate::transcript::TlsOptions;

/// Encrypts `stream`, a connection to `host`.
pub(super) async fn connect(
    host: &str,
    options: &TlsOptions,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, HandshakeError> {
    let config = config(options).map_err(HandshakeError::Failed)?;
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|error| HandshakeError::failed(&error))?;
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.map_err(|error| {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        let text = match inner {
            Some(inner) if verifier::may_sign(inner) => {
                let text = "invalid peer certificate: self-signed certificate";
                return HandshakeError::Certificate(text.to_owned());
            }
            Some(inner @ rustls::Error::InvalidCertificate(_)) => {
                return HandshakeError::Certificate(inner.to_string());
            }
            Some(rustls::Error::InvalidMessage(_)) => {
                "the server does not speak TLS here; an address without it begins with ws://"
            }
            _ if error.kind() == ErrorKind::UnexpectedEof => {
                "the server closed the connection instead of speaking TLS; an address without it begins with ws://"
            }
            _ => return HandshakeError::failed(&error),
        };
        HandshakeError::Failed(text.to_owned())
    })
}

fn config(options: &TlsOptions) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let verifier = if options.insecure {
        Verifier::any(provider)
    } else {
        let trusted = match &options.ca {
            Some(path) => certificates(path)?,
            None => Vec::new(),
        };
        let roots = roots(options.ca.as_deref(), &trusted)?;
        Verifier::trusted(roots, trusted, provider).map_err(|error| error.to_string())?
    };
    let builder = builder.dangerous();
    let builder = builder.with_custom_certificate_verifier(Arc::new(verifier));
    match (&options.cert, &options.key) {
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(cert), Some(key)) => {
            let chain = certificates(cert)?;
            let private = PrivateKeyDer::from_pem_file(key).map_err(|error| {
                format!("cannot read a private key from {}: {error}", key.display())
            })?;
            builder
                .with_client_auth_cert(chain, private)
                .map_err(|error| format!("{}: {error}", cert.display()))
        }
        _ => Err("--cert and --key are needed together".to_owned()),
    }
}

/// The certificates of `ca`, which are `trusted`, or else those of the system.
fn roots(ca: Option<&Path>, trusted: &[CertificateDer<'static>]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(path) => {
            for certificate in trusted {
                roots
                    .add(certificate.clone())
                    .map_err(|error| format!("{}: {error}", path.display()))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let invalid =
        |error: String| format!("cannot read certificates from {}: {error}", path.display());
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| invalid(error.to_string()))?;
    if certificates.is_empty() {
        return Err(invalid("there is none in the file".to_owned()));
    }
    Ok(certificates)
}
