package podnet

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"kubelab.dev/podling/internal/launch"
)

// notification is struct seccomp_notif: a system call that waits for us.
type notification struct {
	ID    uint64
	PID   uint32 // the calling thread
	Flags uint32
	Nr    int32
	Arch  uint32
	IP    uint64
	Args  [6]uint64
}

// response is struct seccomp_notif_resp.
type response struct {
	ID    uint64
	Val   int64
	Error int32
	Flags uint32
}

func ioctl(fd int, request uint, p unsafe.Pointer) unix.Errno {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(p))
		if errno != unix.EINTR {
			return errno
		}
	}
}

// valid says whether the caller still waits. It may have been killed and its
// pid used again: nothing learnt by pid counts until this was asked.
func valid(fd int, id uint64) bool {
	return ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_ID_VALID, unsafe.Pointer(&id)) == 0
}

// reply ends a notification; that the caller died meanwhile is no error.
func reply(fd int, r response) error {
	if errno := ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&r)); errno != 0 && errno != unix.ENOENT {
		return errno
	}
	return nil
}

func proceed(id uint64) response {
	return response{ID: id, Flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
}
func succeed(id uint64) response { return response{ID: id} }
func refuse(id uint64, e unix.Errno) response {
	return response{ID: id, Error: -int32(e)}
}

// journal is a listener's page of notifications in work, which outlives this
// process: the kernel writes a notification straight into it, so that there
// is no moment at which one is known to nobody.
type journal struct {
	page []byte
	free chan int
}

const (
	slotSize = 128
	slots    = launch.JournalSize / slotSize
)

// openJournal maps the page; recovered are the slots that another net left.
func openJournal(fd int) (j *journal, recovered []int, err error) {
	page, err := unix.Mmap(fd, 0, launch.JournalSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("map a journal: %w", err)
	}
	j = &journal{page: page, free: make(chan int, slots)}
	for i := range slots {
		if j.at(i).ID != 0 {
			recovered = append(recovered, i)
		} else {
			j.done(i) // the other net may have died while it emptied this one
		}
	}
	return j, recovered, nil
}

func (j *journal) at(slot int) *notification {
	return (*notification)(unsafe.Pointer(&j.page[slot*slotSize]))
}

func (j *journal) done(slot int) {
	*j.at(slot) = notification{} // the kernel wants it empty, too
	j.free <- slot
}

// close unmaps the page once nobody works in it.
func (j *journal) close() { unix.Munmap(j.page) }
