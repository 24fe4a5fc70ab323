package keeper

import (
	"os"

	"golang.org/x/sys/unix"
)

// roomForState is more than a course's objects ever take: a new cluster's are
// 0.3 MB, and etcd's file doubles when it grows.
const roomForState = 16 << 20

// reserveRoom takes disk blocks for etcd's database before it needs them: etcd
// ends at the first page that a full disk refuses, and with it the API that
// would say why nothing runs. (Its log it reserves itself.)
func (k *Keeper) reserveRoom() {
	path := k.cluster.Path("data", "etcd", "member", "snap", "db")
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		defer file.Close()
		err = unix.Fallocate(int(file.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, roomForState)
	}
	if err != nil { // a file system without it, or full already: no worse than before
		k.logf("no room could be reserved for etcd's database: %v", err)
	}
}
