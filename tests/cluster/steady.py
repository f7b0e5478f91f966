"""Load that goes on while things are done to the mesh (ordermesh-steady), and the write gap of each fault."""

import json
import subprocess
import threading
import time

from kube import ROOT, Failed


class Steady:
    """ordermesh-steady at a rate of orders a second, and what it says of itself each second."""

    def __init__(self, address, key_file, history, rate, partner='partner-b'):
        self.rate, self.history, self.samples = rate, history, []
        self.process = subprocess.Popen(
            [ROOT / 'build/bin/ordermesh-steady', 'run', '--address', address, '--api_key_file', key_file,
             '--partner', partner, '--rate', str(rate), '--history', history],
            stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.samples.append(json.loads(line))

    def latest(self):
        if self.process.poll() is not None:
            raise Failed(f'the load ended by itself ({self.process.returncode})')
        return self.samples[-1] if self.samples else None

    def is_flowing(self):
        """Whether orders of the last second were answered at the full rate and none waits long."""
        if len(self.samples) < 2 or self.latest() is None:
            return False
        last, before = self.samples[-1], self.samples[-2]
        return (time.time() - last['t'] < 2 and last['acked'] - before['acked'] >= 0.8 * self.rate
                and last['oldestUnackedMs'] < 1000)

    def wait_flowing(self, seconds=90):
        deadline = time.monotonic() + seconds
        while not self.is_flowing():
            if time.monotonic() > deadline:
                raise Failed(f'orders do not flow again after {seconds} s: {self.samples[-3:]}')
            time.sleep(0.1)

    def longest_gap(self, begin, end=None):
        """The longest time in seconds without any verdict, of the seconds that touch the window."""
        end = end or time.time()
        touched = [s for s in self.samples if begin <= s['t'] and s['t'] - 1 <= end]
        return max((s['longestAckGapMs'] for s in touched), default=0) / 1000

    def gap_after(self, end):
        """Seconds from then to the next verdict; a second too much at most, where none came in that second."""
        acked = max((s['acked'] for s in self.samples if s['t'] <= end), default=0)
        for index, sample in enumerate(s for s in self.samples if s['t'] > end):
            if sample['acked'] > acked:
                whole = sample['t'] - end
                return min(whole, sample['longestAckGapMs'] / 1000) if index == 0 else whole
        return time.time() - end

    def longest_wait(self, begin):
        """How long the oldest order without a verdict waited, at most, since then."""
        return max((s['oldestUnackedMs'] for s in self.samples if s['t'] >= begin), default=0) / 1000

    def stop(self):
        """Ends the load, waits for every verdict, and gives its last line."""
        self.process.terminate()
        code = self.process.wait(timeout=180)
        self.reader.join(timeout=10)
        last = self.samples[-1]
        if code != 0 or not last.get('settled'):
            raise Failed(f'some orders never got a verdict: {json.dumps(last)[:2000]}')
        return last


class Faults:
    """Does things to the mesh under load, and keeps what each cost."""

    def __init__(self, load):
        self.load, self.rows = load, []

    def run(self, name, fault):
        """`fault` does something and returns when it is over; then orders must flow again."""
        self.load.wait_flowing()
        failed = self.load.latest()['failed']
        begin = time.time()
        fault()
        end = time.time()
        self.load.wait_flowing()
        flowing = time.time()
        # The sample that covers the last moment comes within a second.
        time.sleep(1.1)
        row = {
            'fault': name,
            'fault_seconds': round(end - begin, 1),
            'longest_gap_seconds': round(self.load.longest_gap(begin, flowing), 2),
            'gap_after_seconds': round(self.load.gap_after(end), 2),
            'flowing_again_seconds': round(flowing - end, 2),
            'oldest_order_seconds': round(self.load.longest_wait(begin), 2),
            'failed_calls': self.load.latest()['failed'] - failed,
        }
        self.rows.append(row)
        print(f"  {name:<44} {row['fault_seconds']:>7.1f} s  gap {row['longest_gap_seconds']:>6.2f} s, "
              f"{row['gap_after_seconds']:>5.2f} s of it after its end, full rate at {row['flowing_again_seconds']:>5.2f} s, failed {row['failed_calls']}", flush=True)

    def table(self):
        """The rows as a Markdown table."""
        lines = ['| Fault | Lasted, s | Longest time without a verdict, s | Until the next verdict after its end, s '
                 '| Until the full rate with nothing waiting, s | Oldest order, s | Failed calls |',
                 '|---|---|---|---|---|---|---|']
        for row in self.rows:
            lines.append('| ' + ' | '.join(str(value) for value in row.values()) + ' |')
        return '\n'.join(lines)

    def p99_after_end(self):
        gaps = sorted(row['gap_after_seconds'] for row in self.rows)
        return gaps[min(len(gaps) - 1, int(len(gaps) * 0.99))] if gaps else 0
