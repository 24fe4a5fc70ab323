package cri

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	securejoin "github.com/cyphar/filepath-securejoin"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// user is whom a container's processes appear as.
type user struct {
	uid, gid int64
	home     string
}

// findUser takes the pod's user, else the image's, by name or number.
func (c *container) findUser(rootfs string, security *runtimeapi.LinuxContainerSecurityContext) (user, error) {
	text := c.image.Config.User
	if security.GetRunAsUsername() != "" {
		text = security.RunAsUsername
	}
	if security.GetRunAsUser() != nil {
		text = strconv.FormatInt(security.RunAsUser.Value, 10)
	}
	name, group, _ := strings.Cut(text, ":")
	if security.GetRunAsGroup() != nil {
		group = strconv.FormatInt(security.RunAsGroup.Value, 10)
	}
	if name == "" {
		name = "0"
	}
	u := user{home: "/"}
	fields, err := lookUp(rootfs, "/etc/passwd", name, 2)
	if err != nil {
		return u, err
	}
	if u.uid, err = strconv.ParseInt(name, 10, 32); err != nil {
		if fields == nil {
			return u, fmt.Errorf("unable to find user %s: no matching entries in passwd file", name)
		}
		if u.uid, err = strconv.ParseInt(fields[2], 10, 32); err != nil {
			return u, fmt.Errorf("user %s: broken entry in passwd file", name)
		}
	}
	if len(fields) > 5 {
		u.gid, _ = strconv.ParseInt(fields[3], 10, 32)
		u.home = fields[5]
	} else if u.uid == 0 {
		u.home = "/root"
	}
	if group == "" {
		return u, nil
	}
	u.gid, err = findGroup(rootfs, group)
	return u, err
}

func findGroup(rootfs, group string) (int64, error) {
	if gid, err := strconv.ParseInt(group, 10, 32); err == nil {
		return gid, nil
	}
	fields, err := lookUp(rootfs, "/etc/group", group, 2)
	if err != nil {
		return 0, err
	}
	if fields == nil {
		return 0, fmt.Errorf("unable to find group %s: no matching entries in group file", group)
	}
	return strconv.ParseInt(fields[2], 10, 32)
}

// lookUp finds the line of a passwd-like file whose name or number is key; nil
// when there is none.
func lookUp(rootfs, file, key string, number int) ([]string, error) {
	path, err := securejoin.SecureJoin(rootfs, file)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for scanner := bufio.NewScanner(f); scanner.Scan(); {
		fields := strings.Split(scanner.Text(), ":")
		if len(fields) > number && (fields[0] == key || fields[number] == key) {
			return fields, nil
		}
	}
	return nil, nil
}
