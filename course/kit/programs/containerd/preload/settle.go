package main

import (
	"bytes"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
)

// settle makes the database the same bytes for the same images: with one time
// for all that was written, and no traces of the order in which it was.
func settle(path string, when time.Time) error {
	source, err := bolt.Open(path, 0o644, nil)
	if err != nil {
		return err
	}
	defer source.Close()
	stamp, err := when.UTC().MarshalBinary()
	if err != nil {
		return err
	}
	if err := source.Update(func(tx *bolt.Tx) error {
		return tx.ForEach(func(_ []byte, bucket *bolt.Bucket) error { return restamp(bucket, stamp) })
	}); err != nil {
		return err
	}
	settled, err := bolt.Open(path+".settled", 0o644, &bolt.Options{NoSync: true})
	if err != nil {
		return err
	}
	// A transaction for every key: bolt writes what is in one in no order.
	if err := bolt.Compact(settled, source, 1); err != nil {
		settled.Close()
		return err
	}
	if err := settled.Sync(); err != nil {
		settled.Close()
		return err
	}
	if err := settled.Close(); err != nil {
		return err
	}
	return os.Rename(path+".settled", path)
}

// restamp sets the times of a bucket and of those in it, by the keys that
// containerd's boltutil gives them.
func restamp(bucket *bolt.Bucket, stamp []byte) error {
	var times [][]byte
	if err := bucket.ForEach(func(key, value []byte) error {
		switch {
		case value == nil:
			return restamp(bucket.Bucket(key), stamp)
		case bytes.Equal(key, []byte("createdat")), bytes.Equal(key, []byte("updatedat")):
			times = append(times, bytes.Clone(key))
		}
		return nil
	}); err != nil {
		return err
	}
	for _, key := range times { // a bucket is not to be changed while it is walked
		if err := bucket.Put(key, stamp); err != nil {
			return err
		}
	}
	return nil
}
