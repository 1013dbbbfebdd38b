/** Draws a live log: it follows the end unless the reader scrolled up. */

import * as React from 'react';

import { useSignal } from '../../hooks';
import type { LogStream } from '../../log';
import type { LogBlock } from '../../logtext';
import { ConnectionLine } from '../parts';

/** So near its end, a log counts as being read at its end. */
const NEAR_END_PIXELS = 8;

export function LogView({ log }: { log: LogStream }): React.JSX.Element {
  useSignal(log.changed);
  const { scroller, isFollowing, onScroll, follow } = useFollowedEnd();
  return (
    <section className="acai-Log">
      <ConnectionLine connection={log.connection} />
      <div
        className="acai-Jobs-log"
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={`Log of job ${log.job}`}
        tabIndex={0}
        onScroll={onScroll}
      >
        {log.isCut && (
          <p className="acai-Remark">Earlier lines are left out; acai job logs {log.job} prints them all.</p>
        )}
        <LogLines log={log} />
      </div>
      {!isFollowing && (
        <button className="acai-Button acai-Log-end" onClick={follow}>
          Jump to end
        </button>
      )}
    </section>
  );
}

function LogLines({ log }: { log: LogStream }): React.JSX.Element {
  const blocks = log.text.blocks;
  if (log.text.isEmpty) {
    const text = log.isComplete ? 'The job printed nothing.' : 'What the job prints appears here.';
    return <p className="acai-Remark">{text}</p>;
  }
  return (
    <>
      {blocks.map(block => (
        <Lines key={block.key} block={block} version={block.version} />
      ))}
    </>
  );
}

/** Lines that are drawn together; only those whose version changed are drawn again. */
const Lines = React.memo(function Lines({ block }: { block: LogBlock; version: number }): React.JSX.Element {
  return <pre>{block.lines.join('\n')}</pre>;
});

interface FollowedEnd {
  scroller: React.RefObject<HTMLDivElement>;
  isFollowing: boolean;
  onScroll: () => void;
  follow: () => void;
}

function useFollowedEnd(): FollowedEnd {
  const scroller = React.useRef<HTMLDivElement>(null);
  const [isFollowing, setFollowing] = React.useState(true);

  const toEnd = (): void => {
    if (isFollowing && scroller.current !== null) {
      scroller.current.scrollTop = scroller.current.scrollHeight;
    }
  };
  // After every drawing, since there may be more text; and when the place for it changed, as in a panel that was hidden.
  React.useLayoutEffect(toEnd);
  React.useEffect(() => {
    const observer = new ResizeObserver(toEnd);
    if (scroller.current !== null) {
      observer.observe(scroller.current);
    }
    return () => {
      observer.disconnect();
    };
  }, [isFollowing]);

  return {
    scroller,
    isFollowing,
    onScroll: () => {
      if (scroller.current !== null) {
        setFollowing(isAtEnd(scroller.current));
      }
    },
    follow: () => {
      setFollowing(true);
    }
  };
}

function isAtEnd(element: HTMLElement): boolean {
  return element.scrollHeight - element.scrollTop - element.clientHeight <= NEAR_END_PIXELS;
}
