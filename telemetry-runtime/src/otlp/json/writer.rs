//! JSON as protobuf maps to it, where serde_json would differ: members without a value are left
//! out (a Collector refuses the whole request for a null), NaN and the infinities are strings,
//! and so are 64-bit integers.

use serde::ser::{self, Impossible, Serialize};
use serde_json::Error;

/// Appends one value.
pub(super) struct Writer<'a>(pub(super) &'a mut Vec<u8>);

impl Writer<'_> {
    fn json(self, value: impl Serialize) -> Result<(), Error> {
        serde_json::to_writer(self.0, &value)
    }

    fn text(self, value: impl std::fmt::Display) -> Result<(), Error> {
        self.json(value.to_string())
    }
}

const NULL: &[u8] = b"null";

impl<'a> ser::Serializer for Writer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Members<'a>;
    type SerializeTuple = Members<'a>;
    type SerializeTupleStruct = Members<'a>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.json(value)
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.json(value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.json(value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.json(value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.text(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.json(value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.json(value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.json(value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.text(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        match value {
            f64::INFINITY => self.json("Infinity"),
            f64::NEG_INFINITY => self.json("-Infinity"),
            value if value.is_nan() => self.json("NaN"),
            value => self.json(value),
        }
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.json(value)
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.json(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.json(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.extend_from_slice(NULL);
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.json(variant)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut members = self.serialize_map(Some(1))?;
        members.member(variant, value)?;
        members.close()
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(Members::open(self.0, b'[', b']'))
    }

    fn serialize_tuple(self, length: usize) -> Result<Members<'a>, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Members<'a>, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(ser::Error::custom("OTLP has no tuple variants"))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(Members::open(self.0, b'{', b'}'))
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Members<'a>, Error> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(ser::Error::custom("OTLP has no struct variants"))
    }
}

/// What stands between the brackets of an array or an object.
pub(super) struct Members<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
    /// Where the member begins whose key is written and whose value is not.
    key_at: usize,
    end: u8,
}

impl<'a> Members<'a> {
    fn open(out: &'a mut Vec<u8>, begin: u8, end: u8) -> Self {
        out.push(begin);
        Self {
            key_at: out.len(),
            out,
            first: true,
            end,
        }
    }

    fn key(&mut self, key: &(impl ?Sized + Serialize)) -> Result<(), Error> {
        self.key_at = self.out.len();
        if !self.first {
            self.out.push(b',');
        }
        serde_json::to_writer(&mut *self.out, key)?;
        self.out.push(b':');
        Ok(())
    }

    /// The value, or, if there is none, nothing of the key either.
    fn value(&mut self, value: &(impl ?Sized + Serialize)) -> Result<(), Error> {
        let value_at = self.out.len();
        value.serialize(Writer(self.out))?;
        if &self.out[value_at..] == NULL {
            self.out.truncate(self.key_at);
        } else {
            self.first = false;
        }
        Ok(())
    }

    fn member(
        &mut self,
        key: &'static str,
        value: &(impl ?Sized + Serialize),
    ) -> Result<(), Error> {
        self.key(key)?;
        self.value(value)
    }

    fn element(&mut self, value: &(impl ?Sized + Serialize)) -> Result<(), Error> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        value.serialize(Writer(self.out))
    }

    fn close(self) -> Result<(), Error> {
        self.out.push(self.end);
        Ok(())
    }
}

impl ser::SerializeSeq for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeTuple for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeTupleStruct for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Error> {
        self.key(key)
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl ser::SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: ?Sized + Serialize>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.member(key, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}
