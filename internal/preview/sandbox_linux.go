package preview

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// separate gives the process namespaces of its own, and makes it end with us.
func separate(cmd *exec.Cmd, box sandbox) {
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	if box == namespaces {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 65534, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 65534, HostID: os.Getgid(), Size: 1}}
	}
}

// expendable has the kernel end this process before ours when memory runs out.
func expendable(pid int) {
	os.WriteFile("/proc/"+strconv.Itoa(pid)+"/oom_score_adj", []byte("1000"), 0)
}
