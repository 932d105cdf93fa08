/** One line over time, in steps, with the threshold that it must not cross. */
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatTime } from '../../../src/words/durations-text.ts';
import type { Sample } from './samples.ts';

interface PlotProps {
  readonly samples: readonly Sample[];
  /** The last value still holds: it is drawn until now. */
  readonly isOpen: boolean;
  readonly name: string;
  readonly value: (sample: Sample) => number | null;
  /** The highest value that the axis shows. */
  readonly most: number;
  readonly unit: string;
  readonly threshold: ((sample: Sample) => number) | null;
  /** A variable of the style sheet. */
  readonly color: string;
}

/** Between two samples nothing changes. */
const inSteps = uPlot.paths.stepped?.({ align: 1 }) as uPlot.Series.PathBuilder;
const HEIGHT_PX = 130;
const REDRAW_MS = 1_000;

export function Plot({ samples, isOpen, name, value, most, unit, threshold, color }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme('light');

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const style = getComputedStyle(element);
    const ink = style.getPropertyValue('color');
    const axis = {
      stroke: ink,
      grid: { stroke: style.getPropertyValue('--line-ink') },
      ticks: { show: false },
    };
    const drawn = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT_PX,
        legend: { show: false },
        cursor: { y: false },
        scales: { y: { range: [0, most * 1.05] } },
        axes: [
          { ...axis, values: (_plot, ticks) => ticks.map((tick) => formatTime(1_000 * tick)) },
          {
            ...axis,
            size: 48,
            values: (_plot, ticks) => ticks.map((tick) => `${tick}${unit === '' ? '' : ` ${unit}`}`),
          },
        ],
        series: [
          {},
          {
            label: name,
            stroke: resolved(element, color),
            width: 2,
            paths: inSteps,
            points: { show: false },
          },
          {
            label: 'threshold',
            stroke: resolved(element, '--bad'),
            width: 1.5,
            dash: [6, 4],
            paths: inSteps,
            points: { show: false },
          },
        ],
      },
      [[], [], []],
      element,
    );
    plot.current = drawn;
    const sized = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    sized.observe(element);
    return () => {
      sized.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [name, unit, most, color, scheme]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn anew has nothing in it yet
  useEffect(() => {
    const show = () => plot.current?.setData(dataOf(samples, isOpen, value, threshold));
    show();
    if (!isOpen) return;
    const timer = setInterval(show, REDRAW_MS);
    return () => clearInterval(timer);
  }, [samples, isOpen, value, threshold, name, unit, most, color, scheme]);

  return <div ref={box} className="plot" role="img" aria-label={`${name} over time`} />;
}

function dataOf(
  samples: readonly Sample[],
  isOpen: boolean,
  value: PlotProps['value'],
  threshold: PlotProps['threshold'],
): uPlot.AlignedData {
  const last = samples.at(-1);
  const all =
    isOpen && last !== undefined ? [...samples, { ...last, at: Math.max(Date.now(), last.at) }] : samples;
  return [
    all.map(({ at }) => at / 1_000),
    all.map((sample) => value(sample) ?? 0),
    all.map((sample) => threshold?.(sample) ?? null),
  ];
}

/** The colour itself: a canvas knows no variables. */
function resolved(element: HTMLElement, variable: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${variable})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
