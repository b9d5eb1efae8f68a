//! The emulator over a socket: the wire, the faults, the admin routes.

#[cfg(test)]
mod account;
mod admin;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod client;
#[cfg(test)]
mod embeddings;
#[cfg(test)]
mod faults;
