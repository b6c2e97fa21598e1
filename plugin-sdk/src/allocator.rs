//! Memory for an instance that answers one case and is thrown away.
//!
//! Nothing is ever looked for, and only what was allocated last can be given
//! back or grow in place. That is a tenth of the work of a general allocator.

use std::alloc::{GlobalAlloc, Layout};
use std::arch::wasm32::{memory_grow, memory_size};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes of a page of linear memory.
const PAGE: usize = 64 << 10;

unsafe extern "C" {
    /// Where the linker ends the stack and the static data. Only its address counts.
    static __heap_base: u8;
}

/// Hands out memory upwards from the end of the static data.
struct Upwards {
    /// The first free address; zero before the first allocation. Atomic only to
    /// be static: instances have one thread.
    next: AtomicUsize,
}

#[global_allocator]
static MEMORY: Upwards = Upwards {
    next: AtomicUsize::new(0),
};

impl Upwards {
    /// Takes `size` bytes at `start`, growing the memory if need be.
    fn take(&self, start: usize, size: usize) -> Option<*mut u8> {
        let end = start.checked_add(size)?;
        let held = memory_size::<0>() * PAGE;
        if end > held && memory_grow::<0>((end - held).div_ceil(PAGE)) == usize::MAX {
            return None;
        }
        self.next.store(end, Relaxed);
        Some(start as *mut u8)
    }

    fn next(&self) -> usize {
        match self.next.load(Relaxed) {
            0 => &raw const __heap_base as usize,
            next => next,
        }
    }

    fn is_last(&self, block: *mut u8, size: usize) -> bool {
        block as usize + size == self.next.load(Relaxed)
    }
}

// SAFETY: `take` gives out each address at most once at a time, `alloc` aligns
// it, and what lies below `next` is memory of this instance.
unsafe impl GlobalAlloc for Upwards {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = self.next().checked_next_multiple_of(layout.align());
        start
            .and_then(|start| self.take(start, layout.size()))
            .unwrap_or(ptr::null_mut())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.is_last(block, layout.size()) {
            self.next.store(block as usize, Relaxed);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if self.is_last(block, layout.size()) {
            return self.take(block as usize, size).unwrap_or(ptr::null_mut());
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the caller vouches for the block, and the new one is apart from it.
        unsafe {
            let larger = Layout::from_size_align_unchecked(size, layout.align());
            let copy = self.alloc(larger);
            if !copy.is_null() {
                ptr::copy_nonoverlapping(block, copy, layout.size());
            }
            copy
        }
    }
}
