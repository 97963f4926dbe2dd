//! The Python package is a part of the binary: a new file in it means a new binary.

fn main() {
    println!("cargo:rerun-if-changed=../../python/hasten_worker");
}
