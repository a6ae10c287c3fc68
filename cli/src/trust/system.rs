//! This machine's own stores, on Windows.

use super::GivenRoots;
use crate::output::Error;

#[cfg(windows)]
pub(super) fn roots() -> Result<GivenRoots, Error> {
    windows::roots()
}

#[cfg(not(windows))]
pub(super) fn roots() -> Result<GivenRoots, Error> {
    let what = "--trust system reads Windows' own stores, and this is no Windows; give a store \
                dump of the machine in question with --trust FILE, or leave --trust out";
    Err(Error::Usage(what.to_owned()))
}

#[cfg(windows)]
mod windows {
    use chaincheck_engine::base::oid::Oid;
    use chaincheck_engine::object::certificate::Certificate;
    use chaincheck_engine::object::property;
    use chaincheck_engine::store::root_program::table::encode_oid_list;
    use chaincheck_engine::store::{CertificateContext, Properties};
    use schannel::cert_context::ValidUses;
    use schannel::cert_store::CertStore;

    use super::{Error, GivenRoots};

    /// The stores of the user, which contain the machine's. Copies come with the usages that are
    /// left to them (property 9); the root program's other properties cannot be asked for, so that
    /// roots of AuthRoot, which the user's ROOT shows as well, are left to the root list.
    pub(super) fn roots() -> Result<GivenRoots, Error> {
        let auth_root = store("AuthRoot")?;
        let mut root = store("ROOT")?;
        root.retain(|context| {
            !auth_root.iter().any(|other| other.certificate() == context.certificate())
        });
        Ok(GivenRoots {
            root,
            auth_root: Vec::new(),
            disallowed: store("Disallowed")?,
            ca: store("CA")?,
        })
    }

    fn store(name: &str) -> Result<Vec<CertificateContext>, Error> {
        let fail = |what: String| Error::Input(format!("store {name}"), what);
        let store = CertStore::open_current_user(name).map_err(|error| fail(error.to_string()))?;
        let mut found = Vec::new();
        for context in store.certs() {
            let mut properties = Properties::new();
            if let Ok(ValidUses::Oids(usages)) = context.valid_uses() {
                let usages: Vec<Oid> = usages.iter().filter_map(|oid| oid.parse().ok()).collect();
                properties.set(property::ENHKEY_USAGE, encode_oid_list(&usages));
            }
            match Certificate::from_der(context.to_der()) {
                Ok(certificate) => {
                    found.push(CertificateContext::with_properties(certificate, properties));
                }
                Err(error) => crate::output::say(format_args!("store {name}: {error}")),
            }
        }
        Ok(found)
    }
}
