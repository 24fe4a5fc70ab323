package podnet

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// These tests are of a machine whose Yama refuses net every caller's memory.
// Openers are held to its rule, only descendants: see TestMain.

func yama(t *testing.T) *lab {
	l := newLab(t, world{Refused: true})
	l.web(5, "80", "five")
	return l
}

const fetch = "curl -sS --noproxy '*' --max-time 30 http://10.244.0.5/"

func TestUnderYamaAPodIsOpenedByTheKeeper(t *testing.T) {
	l := yama(t) // the server's own bind was rewritten by the keeper's help
	l.want("five", l.pod(6), curl("http://10.244.0.5/")...)
	l.want("five", l.pod(5), curl("http://localhost/")...)
}

func TestUnderYamaAShellIsOpenedByItsLauncher(t *testing.T) {
	l := yama(t)
	l.want("five", asLab, curl("http://10.244.0.5/")...)
	l.want("five", asLab, "bash", "-c", fetch+" | cat | head -c 4")
	l.want("fivefive", asLab, "bash", "-c", "cat <("+fetch+") <("+fetch+")")
	// Without the launcher nobody may open it, and net says so.
	if out, _ := l.orphanRun("never", " --connect-timeout 1"); strings.Contains(out, "five") {
		t.Errorf("somebody opened an orphan without a launcher: %q", out)
	}
	l.until("net's log says why", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return strings.Contains(l.log.String(), "cannot open a caller's memory")
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.log.Reset()
}

// orphanRun starts a launcher that is no descendant of the keeper: this
// process, which is no subreaper, loses it.
func (l *lab) orphanRun(resident, options string) (string, error) {
	l.t.Helper()
	out, gate := filepath.Join(l.dir, "orphan-"+resident), l.fifo("go-"+resident)
	self, _ := os.Executable()
	script := fmt.Sprintf("(read line < %s; %s launch --socket %s --resident %s --context lab -- sh -c \"%s%s\" > %s.new 2>&1; echo $? >> %s.new; mv %s.new %s) &",
		gate, self, l.socket(), resident, fetch, options, out, out, out, out)
	if err := exec.Command("sh", "-c", script).Run(); err != nil {
		return "", err
	}
	l.held(gate).WriteString("\n") // its parent has ended
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if b, err := os.ReadFile(out); err == nil {
			if text, ok := strings.CutSuffix(string(b), "0\n"); ok {
				return strings.TrimSpace(text), nil
			}
			return string(b), fmt.Errorf("%s", b)
		}
	}
	return "", fmt.Errorf("no end")
}

func TestALauncherThatIsNoDescendantOfTheKeeperServesItsOwn(t *testing.T) {
	l := yama(t)
	if out, err := l.orphanRun("always", ""); err != nil || out != "five" {
		t.Errorf("%q %v", out, err)
	}
}

func TestADaemonKeepsTheNetworkWhenItsShellHasEnded(t *testing.T) {
	l := yama(t)
	out, gate := filepath.Join(l.dir, "daemon"), l.fifo("go")
	script := fmt.Sprintf("setsid sh -c '(read line < %s; %s > %s.new; mv %s.new %s) &' </dev/null >/dev/null 2>&1; echo left",
		gate, strings.ReplaceAll(fetch, "'*'", `"*"`), out, out, out)
	l.want("left", asLab, "sh", "-c", script) // a launcher that waits for the daemon does not end
	l.held(gate).WriteString("\n")
	l.file(out, "five")
}

func (l *lab) file(path, wanted string) {
	l.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if b, err := os.ReadFile(path); err == nil {
			if strings.TrimSpace(string(b)) != wanted {
				l.t.Errorf("%s has %q, not %q", path, b, wanted)
			}
			return
		}
	}
	l.t.Errorf("%s did not appear", path)
}

func TestFortyThreadsAreServedByOneGuard(t *testing.T) {
	need(t, "python3")
	l := yama(t)
	l.want("800", asLab, "python3", "-c", `
import socket, threading
n = []
def work():
    for _ in range(20):
        s = socket.create_connection(('10.244.0.5', 80)); s.close(); n.append(1)
all = [threading.Thread(target=work) for _ in range(40)]
[t.start() for t in all]; [t.join() for t in all]
print(len(n))`)
}

func TestAResidentLauncherEndsAsItsProgram(t *testing.T) {
	l := yama(t)
	for script, wanted := range map[string]string{
		"exit 0": "<nil>", "exit 7": "exit status 7", "kill -TERM $$": "signal: terminated",
		"kill -KILL $$": "signal: killed", "kill -QUIT $$": "signal: quit", "kill -ABRT $$": "signal: aborted",
	} {
		out, err := l.run(asLab, "sh", "-c", script)
		if got := strings.TrimSuffix(fmt.Sprint(err), " (core dumped)"); got != wanted || out != "" {
			t.Errorf("%s: %v %q", script, err, out)
		}
	}
	if out, err := l.run(asLab, "/no/such/program"); fmt.Sprint(err) != "exit status 127" || !strings.Contains(out, "no such file") {
		t.Errorf("%q %v", out, err)
	}
}

// family is a running resident launch: front, guard, program.
type family struct {
	*exec.Cmd
	guard, program int
	out            *bytes.Buffer
	ended          chan error
}

func (l *lab) family(command ...string) *family {
	l.t.Helper()
	f := &family{Cmd: l.launched(asLab, command...), out: &bytes.Buffer{}, ended: make(chan error, 1)}
	f.Stdout = lockedWriter{&l.mu, f.out}
	if err := f.Start(); err != nil {
		l.t.Fatal(err)
	}
	go func() { f.ended <- f.Wait() }()
	l.t.Cleanup(func() { f.Process.Kill() }) // where the test has failed
	l.until("the program runs", func() bool {
		f.guard, _ = firstChild(f.Process.Pid)
		f.program, _ = firstChild(f.guard)
		l.mu.Lock()
		defer l.mu.Unlock()
		return f.guard > 0 && f.program > 0 && knowsItsProgram(f.Process.Pid) && strings.Contains(f.out.String(), "ready")
	})
	return f
}

// knowsItsProgram says whether a front has heard from its guard. It lets go of
// its output then, and cannot tell before to whom a signal went.
func knowsItsProgram(front int) bool {
	to, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/1", front))
	return to == os.DevNull
}

func (l *lab) until(what string, ok func() bool) {
	l.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	l.t.Fatalf("did not happen: %s", what)
}

const counting = `
import os, signal, sys, time
n = {}
def took(s, _): n[s] = n.get(s, 0) + 1; os.write(1, b'took %d\n' % s)
for s in (1, 2, 10, 15): signal.signal(s, took)
def done(*_): print({k: n[k] for k in sorted(n)}); sys.exit(3)
signal.signal(12, done)
print('ready', flush=True)
while True: time.sleep(1)`

func TestASignalReachesTheProgramOnceWhetherToTheProcessOrItsGroup(t *testing.T) {
	need(t, "python3")
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("these tests run under nohup, whose children do not hear of a hangup")
	}
	l := yama(t)
	f := l.family("python3", "-c", counting)
	sent := 0
	took := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return strings.Count(f.out.String(), "took")
	}
	for range 3 {
		for _, s := range []syscall.Signal{1, 2, 10, 15} {
			for _, to := range []int{f.Process.Pid, -f.Process.Pid} {
				syscall.Kill(to, s)
				sent++ // the next only then: two equal ones at once are one
				l.until(fmt.Sprintf("signal %d to %d is taken", s, to), func() bool { return took() >= sent })
				time.Sleep(60 * time.Millisecond) // a second one would come now
				if n := took(); n != sent {
					t.Fatalf("signal %d to %d, the %dth, made it %d", s, to, sent, n)
				}
			}
		}
	}
	syscall.Kill(f.Process.Pid, 12)
	if err := <-f.ended; fmt.Sprint(err) != "exit status 3" || !strings.Contains(f.out.String(), "{1: 6, 2: 6, 10: 6, 15: 6}") {
		t.Errorf("%v %s", err, f.out)
	}
}

func TestAProgramThatIsStoppedAndContinuedByItsOwnPidEndsWell(t *testing.T) {
	l := yama(t)
	f := l.family("sh", "-c", "echo ready; read line < "+l.fifo("go")+"; exit 5")
	syscall.Kill(f.program, syscall.SIGSTOP)
	l.until("the front stops with it", func() bool { return isStopped(f.Process.Pid) })
	syscall.Kill(f.program, syscall.SIGCONT)
	l.until("the front goes on with it", func() bool { return !isStopped(f.Process.Pid) })
	if err := os.WriteFile(filepath.Join(l.dir, "go"), []byte("\n"), 0); err != nil {
		t.Fatal(err)
	}
	if err := <-f.ended; fmt.Sprint(err) != "exit status 5" {
		t.Error(err)
	}
}

func isStopped(pid int) bool {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return strings.Contains(string(b), "State:\tT")
}

func TestNohupReachesTheProgram(t *testing.T) {
	need(t, "nohup")
	l := yama(t)
	self, _ := os.Executable()
	out, err := exec.Command("nohup", self, "launch", "--socket", l.socket(), "--resident", "always", "--context", "lab", "--",
		"sh", "-c", "kill -HUP $$; echo survived").Output()
	if err != nil || string(out) != "survived\n" {
		t.Errorf("%q %v", out, err)
	}
}

func TestWhicheverPartIsKilledAllDescendantsEnd(t *testing.T) {
	l := yama(t)
	script := "setsid sleep 301 & sh -c 'setsid sleep 302 & exit'; echo $! ready; sleep 303"
	for _, part := range []string{"front", "guard"} {
		f := l.family("sh", "-c", script)
		var all []int
		l.until(part+": the program has its three descendants", func() bool { // the last is started after "ready"
			all = nil
			for pid, parent := range parents() {
				if pid == f.program || parent == f.program || parent == f.guard {
					all = append(all, pid)
				}
			}
			return len(all) == 4
		})
		syscall.Kill(map[string]int{"front": f.Process.Pid, "guard": f.guard}[part], syscall.SIGKILL)
		<-f.ended
		l.until(part+": all are gone", func() bool {
			for _, pid := range append(all, f.guard) {
				if syscall.Kill(pid, 0) == nil {
					return false
				}
			}
			return true
		})
	}
}

func parents() map[int]int {
	all := map[int]int{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			all[pid] = parentOf(pid)
		}
	}
	return all
}

func TestACallWaitsForAStoppedGuardAndForTheNextNet(t *testing.T) {
	l := yama(t)
	f := l.family("sh", "-c", "echo ready; read line < "+l.fifo("go")+"; "+fetch)
	syscall.Kill(f.guard, syscall.SIGSTOP)
	if err := os.WriteFile(filepath.Join(l.dir, "go"), []byte("\n"), 0); err != nil {
		t.Fatal(err)
	}
	select { // who else could open it would have by now
	case err := <-f.ended:
		t.Fatalf("somebody else opened it: %v %s", err, f.out)
	case <-time.After(500 * time.Millisecond):
	}
	l.killNet() // in the middle of asking
	l.startNet()
	time.Sleep(100 * time.Millisecond)
	syscall.Kill(f.guard, syscall.SIGCONT)
	if err := <-f.ended; err != nil || !strings.Contains(f.out.String(), "five") {
		t.Errorf("%v %s", err, f.out)
	}
}

// held waits until a program reads a fifo, which holds it, and returns the
// other end.
func (l *lab) held(fifo string) (f *os.File) {
	l.t.Helper()
	l.until("a program reads "+fifo, func() bool {
		var err error
		f, err = os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0) // fails without a reader
		return err == nil
	})
	l.t.Cleanup(func() { f.Close() })
	return f
}

func (l *lab) fifo(name string) string {
	path := filepath.Join(l.dir, name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		l.t.Fatal(err)
	}
	return path
}
