//! Lanes: a number for each template, side by side, of which the processor takes several at once.

use std::ops::{Deref, DerefMut};

use super::template::TEMPLATES;

/// Fills one cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(align(64))]
pub(super) struct Lanes(pub(super) [f32; TEMPLATES]);

/// Lanes that are worked on together: as many as leave room for several such groups in registers.
pub(super) const GROUP: usize = 8;

/// A group of lanes.
pub(super) type Group = [f32; GROUP];

impl Lanes {
    #[inline(always)]
    pub(super) fn group(&self, from: usize) -> Group {
        std::array::from_fn(|lane| self.0[from + lane])
    }

    #[inline(always)]
    pub(super) fn set_group(&mut self, from: usize, group: &Group) {
        self.0[from..from + GROUP].copy_from_slice(group);
    }
}

impl Deref for Lanes {
    type Target = [f32; TEMPLATES];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Lanes {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

#[inline(always)]
pub(super) fn add(a: &mut Group, b: &Group) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
}

/// The larger of each two. Unlike `f32::max` it does not ask for NaN, which is none of these.
#[inline(always)]
pub(super) fn raise(a: &mut Group, b: &Group) {
    for (a, b) in a.iter_mut().zip(b) {
        *a = if *a > *b { *a } else { *b };
    }
}

/// The smaller of each two.
#[inline(always)]
pub(super) fn lower(a: &mut Group, b: &Group) {
    for (a, b) in a.iter_mut().zip(b) {
        *a = if *a < *b { *a } else { *b };
    }
}

#[inline(always)]
pub(super) fn sum(a: &Group, b: &Group) -> Group {
    std::array::from_fn(|lane| a[lane] + b[lane])
}

#[inline(always)]
pub(super) fn difference(a: &Group, b: &Group) -> Group {
    std::array::from_fn(|lane| a[lane] - b[lane])
}
