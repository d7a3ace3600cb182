//! The command that would help when a function cannot import a module.

use std::path::Path;

use super::Failure;
use crate::template::{Code, Language, Source};

/// Error type with which the runtimes report a module that cannot be imported.
const IMPORT_ERROR: &str = "Runtime.ImportModuleError";

/// How many folders are searched for a `package.json`: the function's own and those around it.
const PROJECT_LEVELS: usize = 3;

/// Modules for Python whose packages for pip have another name, and the packages.
const PACKAGES: &[(&str, &str)] = &[
    ("bs4", "beautifulsoup4"),
    ("Crypto", "pycryptodome"),
    ("cv2", "opencv-python-headless"),
    ("dateutil", "python-dateutil"),
    ("dotenv", "python-dotenv"),
    ("jose", "python-jose"),
    ("jwt", "PyJWT"),
    ("PIL", "Pillow"),
    ("psycopg2", "psycopg2-binary"),
    ("pymysql", "PyMySQL"),
    ("sklearn", "scikit-learn"),
    ("yaml", "PyYAML"),
];

/// Packages that Lambda's runtimes contain, by the start of their names.
const IN_RUNTIMES: &[&str] = &["aws-sdk", "@aws-sdk/", "@smithy/", "boto3", "botocore"];

/// The command that would help against `failure`; `None` when it is not about a package. `interpreter` runs the function in
/// `folder`.
pub(super) fn hint(
    code: &Code,
    folder: &Path,
    interpreter: &Path,
    failure: &Failure,
) -> Option<String> {
    let (
        Code::Managed {
            runtime, source, ..
        },
        Failure::Reported { kind, message },
    ) = (code, failure)
    else {
        return None;
    };
    if kind != IMPORT_ERROR {
        return None;
    }
    match runtime.language {
        Language::Node => {
            let name = quoted_after(message, &["Cannot find module", "Cannot find package"])?;
            // Nothing can be installed into an archive.
            if name.starts_with(['.', '/']) || matches!(source, Source::Archive(_)) {
                return None;
            }
            // `@scope/name/file` and `name/file` belong to packages.
            let parts = if name.starts_with('@') { 2 } else { 1 };
            let package = name.split('/').take(parts).collect::<Vec<_>>().join("/");
            // Code that is inline or bundled runs in a temporary folder.
            let project = project(source.project().unwrap_or(folder));
            let manifest = std::fs::read_to_string(project.join("package.json"));
            let is_listed = manifest.is_ok_and(|text| text.contains(&format!("\"{package}\"")));
            let at = project.display();
            Some(if is_listed {
                format!("npm install --prefix {at}")
            } else {
                let install = format!("npm install --no-save --prefix {at} {package}");
                unless_in_a_layer(install, &package)
            })
        }
        Language::Python => {
            let name = quoted_after(message, &["No module named"])?;
            let module = name.split('.').next()?;
            let renamed = PACKAGES.iter().find(|(name, _)| *name == module);
            let package = renamed.map_or(module, |(_, package)| package);
            let python = interpreter.display();
            let requirements = std::fs::read_to_string(folder.join("requirements.txt"));
            let at = folder.display();
            let lists = |text: String| text.to_lowercase().contains(&package.to_lowercase());
            Some(if requirements.is_ok_and(lists) {
                format!("{python} -m pip install -r {at}/requirements.txt")
            } else {
                unless_in_a_layer(format!("{python} -m pip install {package}"), module)
            })
        }
    }
}

/// A module that no project lists may be part of a layer, and the public package of the same name unrelated to it.
fn unless_in_a_layer(install: String, module: &str) -> String {
    if IN_RUNTIMES.iter().any(|start| module.starts_with(start)) {
        install
    } else {
        format!("{install} (unless {module} is part of a layer)")
    }
}

/// The folder of the nearest `package.json`, from the function's folder upwards: a function may be in a folder that was built.
fn project(folder: &Path) -> &Path {
    let mut nearest = folder.ancestors().take(PROJECT_LEVELS);
    let project = nearest.find(|folder| folder.join("package.json").is_file());
    project.unwrap_or(folder)
}

/// The text in quotes after one of these phrases.
fn quoted_after<'m>(message: &'m str, phrases: &[&str]) -> Option<&'m str> {
    let rest = phrases
        .iter()
        .find_map(|phrase| Some(message.split_once(phrase)?.1))?;
    let quoted = rest.trim_start().strip_prefix('\'')?;
    quoted.split('\'').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Runtime;

    #[track_caller]
    fn hints(runtime: &str, kind: &str, message: &str, wanted: Option<&str>) {
        let folder = tempfile::TempDir::new().unwrap();
        let write = |name, text| std::fs::write(folder.path().join(name), text).unwrap();
        write("package.json", r#"{"dependencies":{"ws":"8"}}"#);
        write("requirements.txt", "requests==2\n");
        let code = Code::Managed {
            source: Source::Folder(folder.path().to_owned()),
            runtime: Runtime::parse(runtime).unwrap(),
            dependencies: None,
        };
        let failure = Failure::Reported {
            kind: kind.to_owned(),
            message: message.to_owned(),
        };
        let mut place = folder.path().to_owned();
        if runtime.starts_with("nodejs") {
            place.push(".build");
        }
        let found = hint(&code, &place, Path::new("/bin/python3"), &failure);
        let found = found.map(|hint| hint.replace(&folder.path().display().to_string(), "F"));
        assert_eq!(found.as_deref(), wanted, "{message}");
    }

    #[test]
    fn a_missing_package_is_installed_where_the_function_finds_it() {
        let node = |message, wanted| hints("nodejs20.x", IMPORT_ERROR, message, wanted);
        node(
            "Error: Cannot find module 'aws-sdk'\nRequire stack:\n- /x/app.js",
            Some("npm install --no-save --prefix F aws-sdk"),
        );
        node(
            "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@aws-sdk/lib-dynamodb' imported from /x/app.mjs",
            Some("npm install --no-save --prefix F @aws-sdk/lib-dynamodb"),
        );
        node(
            "Error: Cannot find module 'user'",
            Some("npm install --no-save --prefix F user (unless user is part of a layer)"),
        );
        node(
            "Error: Cannot find module 'ws/lib/x'",
            Some("npm install --prefix F"),
        );
        node("Error: Cannot find module './other'", None);
        let python = |message, wanted| hints("python3.12", IMPORT_ERROR, message, wanted);
        python(
            "Unable to import module 'app': No module named 'boto3.dynamodb'",
            Some("/bin/python3 -m pip install boto3"),
        );
        python(
            "Unable to import module 'app': No module named 'requests'",
            Some("/bin/python3 -m pip install -r F/requirements.txt"),
        );
        python(
            "Unable to import module 'app': No module named 'jwt'",
            Some("/bin/python3 -m pip install PyJWT (unless jwt is part of a layer)"),
        );
        hints("python3.12", "ValueError", "No module named 'x'", None);
        hints(
            "python3.12",
            IMPORT_ERROR,
            "cannot import name 'a' from 'b'",
            None,
        );
    }
}
