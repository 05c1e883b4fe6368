//! A way to a server that can be cut, for a server that others use too.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub(crate) struct Proxy {
    address: SocketAddr,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    is_cut: bool,
    streams: Vec<TcpStream>,
}

impl Proxy {
    /// Leads to `server`.
    pub(crate) fn start(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, open) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Open::default())));
        let state = Arc::clone(&open);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let mut state = state.lock().unwrap();
                if state.is_cut {
                    continue;
                }
                let far = TcpStream::connect(&server).unwrap();
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    std::thread::spawn(move || {
                        let _ = io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                state.streams.extend([near, far]);
            }
        });
        Self { address, open }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections and takes no new ones.
    pub(crate) fn cut(&self) {
        let mut open = self.open.lock().unwrap();
        open.is_cut = true;
        for stream in open.streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn mend(&self) {
        self.open.lock().unwrap().is_cut = false;
    }
}
