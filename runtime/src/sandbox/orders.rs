//! The orders of the sandbox's first process: a checked specification, and the machine as it was found.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{MemfdFlags, memfd_create};
use serde::{Deserialize, Serialize};

use super::spec::{Bind, Limits, SandboxSpec, Scratch};
use super::view::View;
use super::{tools, view};

/// Endpoints of one sandbox at most: their listeners are handed out in one message.
const ENDPOINTS: usize = 64;

/// Everything that the child needs to know; all paths are absolute.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Orders {
    /// The process that gives them.
    pub(super) parent: u32,
    pub(super) isolated: bool,
    pub(super) program: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<(String, String)>,
    pub(super) folder: PathBuf,
    pub(super) scratch: Scratch,
    pub(super) binds: Vec<Bind>,
    /// Folders that are replaced by an empty one.
    pub(super) hidden: Vec<PathBuf>,
    pub(super) endpoints: Vec<SocketAddr>,
    pub(super) limits: Limits,
    /// What it writes `0` into to enter its control group; without one it counts itself what is occupied together.
    pub(super) entrance: Option<PathBuf>,
    pub(super) view: View,
}

impl SandboxSpec {
    /// Checks it against the machine whose root is `root`.
    pub(super) fn orders(self, isolated: bool, root: &Path) -> Result<Orders, String> {
        let folder = self.folder.canonicalize();
        let folder = folder.map_err(|error| format!("its folder {}: {error}", self.folder.display()))?;
        let mut orders = Orders {
            parent: std::process::id(),
            isolated,
            program: self.program,
            args: self.args,
            env: self.env,
            folder,
            scratch: self.scratch,
            binds: self.binds,
            hidden: Vec::new(),
            endpoints: self.endpoints,
            limits: self.limits,
            entrance: None,
            view: View::default(),
        };
        orders.check()?;
        if isolated {
            orders.view = view::of_machine(root);
            orders.check_folder()?;
            orders.check_binds()?;
            orders.show_tools();
        }
        Ok(orders)
    }
}

impl Orders {
    fn check(&self) -> Result<(), String> {
        if let Some(address) = self.endpoints.iter().find(|address| !address.ip().is_loopback()) {
            return Err(format!("{address} is no loopback address"));
        }
        if self.endpoints.len() > ENDPOINTS {
            return Err(format!("it has more than {ENDPOINTS} endpoints"));
        }
        if !self.folder.is_dir() {
            return Err(format!("{} is no folder", self.folder.display()));
        }
        if !self.program.is_absolute() {
            return Err(format!("{} is no absolute path", self.program.display()));
        }
        Ok(())
    }

    /// A folder that holds a home would make the home visible.
    fn check_folder(&self) -> Result<(), String> {
        match self.view.hidden_in(&self.folder) {
            Some(hidden) => Err(format!(
                "its folder {} shows {}, which must stay hidden; move the scenario into a folder of its own",
                self.folder.display(),
                hidden.display()
            )),
            None if self.folder == Path::new("/") => Err("its folder is the whole machine".to_owned()),
            None => Ok(()),
        }
    }

    /// What is bound is a copy that nothing covers, so it may neither be nor hold what must stay hidden. What is only to be
    /// shown, and is seen anyway, is left out: a copy would show again what is covered below it.
    fn check_binds(&mut self) -> Result<(), String> {
        let real = |bind: &Bind| {
            bind.outside
                .canonicalize()
                .unwrap_or_else(|_| bind.outside.clone())
        };
        let view = &self.view;
        self.binds.retain(|bind| {
            let in_place = !bind.writable && bind.outside == bind.inside;
            !in_place || view.covers(&bind.inside)
        });
        let mut shown = self.binds.iter();
        let found = shown.find_map(|bind| Some((bind, view.hidden_in(&real(bind))?)));
        match found {
            Some((bind, hidden)) => Err(format!(
                "{} cannot be shown to it: this would show {}, which must stay hidden",
                bind.outside.display(),
                hidden.display()
            )),
            None => Ok(()),
        }
    }

    /// The program, and the tools of the path, may be installed below a folder that is covered.
    fn show_tools(&mut self) {
        let path = self.env.iter().find(|(name, _)| name == "PATH");
        let mut shown = tools::of_path(path.map_or("", |(_, path)| path), &self.view);
        shown.extend(self.program.canonicalize().ok());
        shown.push(self.program.clone());
        shown.retain(|path| self.view.covers(path) && !path.starts_with(&self.folder) && path.exists());
        shown.retain(|path| !self.binds.iter().any(|bind| path.starts_with(&bind.inside)));
        shown.sort();
        // In this order, what lies below another comes after it.
        shown.dedup_by(|path, outer| path.starts_with(outer));
        let binds = shown.into_iter().map(|path| Bind {
            outside: path.clone(),
            inside: path,
            writable: false,
        });
        self.binds.extend(binds);
    }

    /// Writes it into memory that a child can be given.
    pub(super) fn write(&self) -> io::Result<OwnedFd> {
        let mut file = File::from(memfd_create("firedrill-sandbox", MemfdFlags::CLOEXEC)?);
        file.write_all(&serde_json::to_vec(self)?)?;
        file.rewind()?;
        Ok(file.into())
    }
}
