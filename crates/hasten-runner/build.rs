//! The Python packages are a part of the binary: a new file in one means a new binary.

fn main() {
    println!("cargo:rerun-if-changed=../../python/hasten_worker");
    println!("cargo:rerun-if-changed=../../python/hasten");
}
